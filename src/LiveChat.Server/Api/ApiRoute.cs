using LiveChat.Protocol.Frames;

namespace LiveChat.Server.Api;

/// <summary>
/// One row of the HTTP API: which frame a request becomes. Path parameters become fields of the frame's data: those of
/// <see cref="Fields"/> under their name there, as a number where it is a seq.
/// </summary>
/// <param name="Name">The operation's name for generated clients (OpenAPI's <c>operationId</c>), unique.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path, with parameters in braces.</param>
/// <param name="FrameType">The type of the frame.</param>
/// <param name="Command">The record of the frame.</param>
/// <param name="Answer">The record of the answer; null when there is none.</param>
/// <param name="Summary">What it does, in one line.</param>
internal sealed record ApiRoute(
    string Name, string Method, string Path, string FrameType, Type Command, Type? Answer, string Summary)
{
    /// <summary>Path parameter → field.</summary>
    public static IReadOnlyDictionary<string, string> Fields { get; } = new Dictionary<string, string>
    {
        ["chat"] = "chat",
        ["seq"] = "target",
        ["user"] = "user",
        ["emoji"] = "emoji",
    };

    /// <summary>Path parameter → which part of the path it is.</summary>
    public IReadOnlyList<(string Name, int Segment)> PathParameters { get; } =
    [
        .. Path.Split('/').Index().Where(static part => part.Item.StartsWith('{'))
            .Select(static part => (part.Item.Trim('{', '}'), part.Index)),
    ];

    /// <summary>
    /// The fields that may stand in the query, and whether they are numbers: where there is no body, those that come
    /// from nowhere else; else the key alone. Any other name is somebody else's and is not looked at.
    /// </summary>
    public IReadOnlyList<(string Name, bool IsNumber)> QueryParameters =>
        field ??=
        [
            .. FrameTable.ShapeOf(Command).Properties
                .Where(static property => property.Get is not null)
                .Where(property => HasBody ? HasKey && property.Name == "client_id" : IsOwn(property.Name))
                .Select(static property => (property.Name, property.PropertyType != typeof(string))),
        ];

    /// <summary>A field that the route itself sets, as JSON.</summary>
    public (string Name, string Json)? Constant { get; init; }

    /// <summary>The answer is 201 when it was not a repetition.</summary>
    public bool Creates { get; init; }

    /// <summary>A merge patch: null removes.</summary>
    public bool IsPatch { get; init; }

    /// <summary>Takes effect on a condition: <c>If-Match</c>.</summary>
    public bool HasTag => IsPatch && HasKey;

    /// <summary>Pages come newest first, but for those that go up.</summary>
    public bool IsNewestFirst { get; init; }

    /// <summary>Of a page whose first item would be it, the one message that the path names.</summary>
    public bool IsOneMessage { get; init; }

    public bool HasBody => Method is "POST" or "PATCH" || (Method == "PUT" && Constant is null);

    /// <summary>Changes carry a key; one is made when the request names none.</summary>
    public bool HasKey => Command.IsAssignableTo(typeof(ChangeCommand));

    /// <summary>The methods that come here: whoever asks for the head of an answer gets that of the same one.</summary>
    public static string[] MethodsOf(string method) => method == "GET" ? ["GET", "HEAD"] : [method];

    private bool IsOwn(string name) => IsOneMessage
        ? name == "min_seq"
        : name != Constant?.Name && PathParameters.All(parameter => Fields[parameter.Name] != name);
}
