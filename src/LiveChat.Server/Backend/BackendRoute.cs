using System.Text.Json.Serialization.Metadata;
using LiveChat.Core.Ingest;

namespace LiveChat.Server.Backend;

/// <summary>One row of what the embedding application's backend, or an operator, may ask for.</summary>
/// <param name="Name">The operation's name for generated clients (OpenAPI's <c>operationId</c>), unique.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path, with parameters in braces.</param>
/// <param name="Summary">What it does, in one line.</param>
/// <param name="Body">The shape of the request; null when there is none.</param>
/// <param name="Answer">The shape of the answer; null when there is none.</param>
/// <param name="Handle">Does it. Answers with a record of that shape, with a problem, or with
/// <see cref="Done"/>.</param>
internal sealed record BackendRoute(
    string Name,
    string Method,
    string Path,
    string Summary,
    JsonTypeInfo? Body,
    JsonTypeInfo? Answer,
    Func<BackendServices, BackendCall, ValueTask<object>> Handle)
{
    /// <summary>What the fields of the body may hold; null when there is none.</summary>
    public FieldPlan? Fields { get; } = Body is null ? null : FieldPlan.Of(Body);

    /// <summary>There is nothing to say but that it was done.</summary>
    public static readonly object Done = new();

    /// <summary>Nothing changes by it: it leaves no line in the log.</summary>
    public bool OnlyReads { get; init; } = Method == "GET";

    /// <summary>It only begins, and is done by the server later: the answer says how far it is.</summary>
    public bool Begins { get; init; }

    /// <summary>The codes of its refusals, besides those that every route has.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    /// <summary>Who it is about where the path does not say so; for the log.</summary>
    public Func<object, string>? SubjectOf { get; init; }

    /// <summary>Where the thing is that was made; null when none is.</summary>
    public Func<object, string>? LocationOf { get; init; }

    public bool IsPatch => Method == "PATCH";
}
