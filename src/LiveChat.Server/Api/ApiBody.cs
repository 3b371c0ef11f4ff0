using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Api;

/// <summary>The body of a request: a JSON object, whose fields are copied as they are.</summary>
internal static class ApiBody
{
    private const string Json = "application/json";
    private const string MergePatch = "application/merge-patch+json";
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = Limits.JsonDepthMax };

    /// <summary>The body as a record of the shape, or the problem.</summary>
    public static async Task<(object? Body, Problem? Problem)> ReadAsync(
        HttpRequest request, bool isPatch, JsonTypeInfo shape)
    {
        var data = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(data))
        {
            writer.WriteStartObject();
            if (await CopyAsync(request, isPatch, writer, new HashSet<string>(StringComparer.Ordinal)) is { } problem)
                return (null, problem);
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

    /// <summary>Copies the fields, and notes their names; the problem when it is no such body. In a patch null
    /// removes, which frames say by what is empty.</summary>
    public static async Task<Problem?> CopyAsync(
        HttpRequest request, bool isPatch, Utf8JsonWriter writer, HashSet<string> names)
    {
        var type = request.ContentType?.Split(';')[0].Trim();
        if (type is not Json && !(isPatch && type is MergePatch))
            return Problems.Of(ErrorCode.UnsupportedMedia, $"The body is {Json}.");
        var bytes = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(bytes, request.HttpContext.RequestAborted);
        }
        catch (IOException broken) when (broken is not BadHttpRequestException)
        {
            return Problems.Of(ErrorCode.BadRequest, "The body broke off.");
        }

        if (JsonFrames.Refuses(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)) is { } noText)
            return Problems.Of(ErrorCode.BadRequest, noText);
        bytes.Position = 0;
        try
        {
            using var body = JsonDocument.Parse(bytes, Options);
            if (body.RootElement.ValueKind is not JsonValueKind.Object)
                return Problems.Of(ErrorCode.BadRequest, "The body is no object.");
            foreach (var field in body.RootElement.EnumerateObject())
            {
                names.Add(field.Name);
                if (isPatch && field.Value.ValueKind is JsonValueKind.Null)
                    WriteNone(writer, field.Name);
                else
                    field.WriteTo(writer);
            }

            return null;
        }
        catch (JsonException)
        {
            return Problems.Of(ErrorCode.BadRequest, "The body is no JSON.");
        }
    }

    /// <summary>What has no such value is written as what fits nowhere: nobody is let in again by a null.</summary>
    private static void WriteNone(Utf8JsonWriter writer, string field)
    {
        writer.WritePropertyName(field);
        writer.WriteRawValue(field switch
        {
            "custom" => "{}",
            "pinned" => "false",
            "muted_until" => "\"1970-01-01T00:00:00Z\"",
            _ => "\"\"",
        });
    }
}
