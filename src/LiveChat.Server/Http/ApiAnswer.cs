using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LiveChat.Core.Measuring;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace LiveChat.Server.Http;

/// <summary>Writes an answer as JSON: the data of a frame, or a problem as RFC 9457 has it.</summary>
internal static class ApiAnswer
{
    private const string Json = "application/json";
    private const string ProblemJson = "application/problem+json";

    /// <summary>Answers with a problem, which is counted.</summary>
    public static Task WriteAsync(HttpContext context, Problem problem)
    {
        context.RequestServices?.GetService<GatewayMeasures>()?.NoteAnswered(problem.Code);
        context.Response.StatusCode = problem.Status;
        if (problem.RetryAfterMs is { } wait)
            context.Response.Headers.RetryAfter = ((wait + 999) / 1_000).ToString(CultureInfo.InvariantCulture);
        if (problem.Status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Bearer";
        return WriteAsync(context, new ErrorFrame { Problem = problem }, ProblemJson);
    }

    /// <summary>Writes the data of a frame.</summary>
    public static Task WriteAsync(HttpContext context, ServerFrame frame) => WriteAsync(context, frame, Json);

    /// <summary>What there is to say of a request that nobody here takes.</summary>
    public static Problem ProblemOf(int status) => status switch
    {
        StatusCodes.Status404NotFound => Problems.Of(ErrorCode.NotFound),
        StatusCodes.Status405MethodNotAllowed => Problems.Of(ErrorCode.MethodNotAllowed),
        StatusCodes.Status413PayloadTooLarge => Problems.Of(ErrorCode.PayloadTooLarge),
        _ => Problems.Of(ErrorCode.BadRequest) with
        {
            Status = status,
            Title = $"{ReasonPhrases.GetReasonPhrase(status)}.",
        },
    };

    /// <summary>Writes an answer that is no frame.</summary>
    public static Task WriteAsync(HttpContext context, object answer, JsonTypeInfo shape)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, JsonFrames.WriterOptions))
            JsonSerializer.Serialize(writer, answer, shape);
        return WriteAsync(context, body, Json);
    }

    private static Task WriteAsync(HttpContext context, ServerFrame frame, string type)
    {
        var body = new ArrayBufferWriter<byte>();
        JsonFrames.WriteData(body, frame);
        return WriteAsync(context, body, type);
    }

    private static Task WriteAsync(HttpContext context, ArrayBufferWriter<byte> body, string type)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.WrittenCount;
        context.Response.Headers.CacheControl = "no-store";

        // A failure has cleared what FrontDoor set.
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted).AsTask();
    }

    /// <summary>The entity tag of the settings that the event of this seq set.</summary>
    public static string TagOf(long seq) => string.Create(CultureInfo.InvariantCulture, $"\"{seq}\"");
}
