using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LiveChat.Server.Http;

/// <summary>The body of a request: a JSON object, whose fields are copied as they are.</summary>
internal static class ApiBody
{
    public const string Json = "application/json";
    public const string MergePatch = "application/merge-patch+json";
    public const string CustomPatch = "custom_patch";
    private const string Custom = "custom";
    private const StringComparison IgnoreCase = StringComparison.OrdinalIgnoreCase;

    private static readonly JsonDocumentOptions Options = new()
    {
        MaxDepth = Limits.JsonDepthMax,
        AllowDuplicateProperties = false,
    };

    /// <summary>The body as a record of the shape, or the problem.</summary>
    public static async Task<(object? Body, Problem? Problem)> ReadAsync(
        HttpRequest request, bool isPatch, JsonTypeInfo shape)
    {
        var (body, problem) = await ParseAsync(request, isPatch);
        if (body is null) return (null, problem);
        var data = new ArrayBufferWriter<byte>();
        using (body)
        await using (var writer = new Utf8JsonWriter(data))
        {
            writer.WriteStartObject();
            foreach (var field in body.RootElement.EnumerateObject()) Write(writer, field, isPatch);
            writer.WriteEndObject();
        }

        try
        {
            return (JsonSerializer.Deserialize(data.WrittenSpan, shape), null);
        }
        catch (JsonException wrong)
        {
            return (null, Problems.Of(ErrorCode.BadRequest, $"The body does not fit at {wrong.Path ?? "its end"}."));
        }
    }

    /// <summary>The object that the body is, or the problem when it is no such body.</summary>
    public static async Task<(JsonDocument? Body, Problem? Problem)> ParseAsync(HttpRequest request, bool isPatch)
    {
        if (!IsTaken(request.ContentType, isPatch))
            return Refuse(ErrorCode.UnsupportedMedia, $"The body is {Json} in UTF-8.");
        var bytes = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(bytes, request.HttpContext.RequestAborted);
        }
        catch (IOException broken) when (broken is not BadHttpRequestException)
        {
            return Refuse(ErrorCode.BadRequest, "The body broke off.");
        }

        var text = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        if (JsonFrames.Refuses(text.Span) is { } noText) return Refuse(ErrorCode.BadRequest, noText);
        try
        {
            var body = JsonDocument.Parse(text, Options);
            if (body.RootElement.ValueKind is JsonValueKind.Object) return (body, null);
            body.Dispose();
            return Refuse(ErrorCode.BadRequest, "The body is no object.");
        }
        catch (JsonException)
        {
            return Refuse(ErrorCode.BadRequest, "The body is no JSON, or has a name twice.");
        }
    }

    /// <summary>
    /// Writes a field as it is. In a merge patch null removes, which frames say by what is empty, and an object is
    /// merged: that is the frames' <c>custom_patch</c>.
    /// </summary>
    public static void Write(Utf8JsonWriter writer, JsonProperty field, bool isPatch)
    {
        if (isPatch && field is { Name: Custom, Value.ValueKind: JsonValueKind.Object })
        {
            writer.WritePropertyName(CustomPatch);
            field.Value.WriteTo(writer);
            return;
        }

        if (!isPatch || field.Value.ValueKind is not JsonValueKind.Null)
        {
            field.WriteTo(writer);
            return;
        }

        writer.WritePropertyName(field.Name);
        writer.WriteRawValue(field.Name switch
        {
            "title" or "name" => "\"\"",
            Custom => "{}",
            "pinned" or "hidden" => "false",
            "muted_until" => "\"1970-01-01T00:00:00Z\"",

            // What fits nowhere: nobody is let in again by a null.
            "disabled" => "\"\"",
            _ => "null",
        });
    }

    /// <summary>Media types are compared without regard to case; JSON between systems is UTF-8 (RFC 8259), and whoever
    /// says another character set would be misread.</summary>
    private static bool IsTaken(string? contentType, bool isPatch)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type)) return false;
        if (type.Charset.Length > 0 && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", IgnoreCase))
            return false;
        return type.MediaType.Equals(Json, IgnoreCase) || (isPatch && type.MediaType.Equals(MergePatch, IgnoreCase));
    }

    private static (JsonDocument? Body, Problem? Problem) Refuse(string code, string detail) =>
        (null, Problems.Of(code, detail));
}
