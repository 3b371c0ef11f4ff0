using System.Buffers;
using System.Globalization;
using System.Text.Json;
using LiveChat.Core.Ingest;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Http;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Api;

/// <summary>
/// Makes the frame of a request: the fields of the body as they are, those of path, query and headers put to them.
/// What a field may hold is the frame's matter; a field that comes twice is refused there.
/// </summary>
internal static class ApiRequest
{
    private const string Key = "client_id";
    private const string Condition = "if_seq";

    public static async Task<(ClientFrame? Frame, Problem? Problem)> ReadAsync(
        HttpContext context, ApiRoute route, TimeProvider time)
    {
        var (condition, unclear) = route.Method == "GET" ? default : ApiCondition.Read(context.Request, route.HasTag);
        if (unclear is not null) return (null, unclear);
        var data = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(data))
        {
            writer.WriteStartObject();
            var names = new HashSet<string>(StringComparer.Ordinal);
            if (route.HasBody && await WriteBodyAsync(context.Request, route, condition, writer, names) is { } bad)
                return (null, bad);
            if (WriteParameters(context, route, writer, names) is { } wrong) return (null, wrong);
            if (route.HasKey && names.Add(Key))
                writer.WriteString(Key, ClientId.New(time.GetUtcNow()).ToString());
            writer.WriteEndObject();
        }

        var read = JsonFrames.ReadClientData(route.FrameType, data.WrittenSpan);
        return read.Frame is { } frame
            ? (frame, null)
            : (null, Problems.Of(ErrorCode.BadRequest, read.Problem));
    }

    private static async Task<Problem?> WriteBodyAsync(
        HttpRequest request, ApiRoute route, long? condition, Utf8JsonWriter writer, HashSet<string> names)
    {
        var (body, problem) = await ApiBody.ParseAsync(request, route.IsPatch);
        if (body is null) return problem;
        using (body)
        {
            foreach (var field in body.RootElement.EnumerateObject())
            {
                // Absent and null mean the same, of these two before they are looked for.
                if (field.Name is Key or Condition && field.Value.ValueKind is JsonValueKind.Null) continue;
                if (field.Name is Condition && condition is { } seq)
                {
                    if (field.Value.ValueKind is JsonValueKind.Number
                        && field.Value.TryGetInt64(out var same) && same == seq)
                        continue;
                    return Problems.Of(ErrorCode.BadRequest, "If-Match and if_seq say two conditions.");
                }

                names.Add(field.Name);
                ApiBody.Write(writer, field, route.IsPatch);
            }
        }

        if (condition is { } tag) writer.WriteNumber(Condition, tag);
        return null;
    }

    private static Problem? WriteParameters(
        HttpContext context, ApiRoute route, Utf8JsonWriter writer, HashSet<string> names)
    {
        var segments = RequestTarget.Segments(context);
        foreach (var (name, at) in route.PathParameters)
        {
            if (at >= segments.Length || RequestTarget.TextOf(segments[at]) is not { } text)
                return Problems.Of(ErrorCode.BadRequest, $"{name} is no text.");
            if (name != "seq") writer.WriteString(ApiRoute.Fields[name], text);
            else if (!TryWriteSeq(writer, route, text)) return Problems.Of(ErrorCode.NotFound);
        }

        if (route.Constant is { } constant)
        {
            writer.WritePropertyName(constant.Name);
            writer.WriteRawValue(constant.Json);
        }

        foreach (var (name, isNumber) in route.QueryParameters)
        {
            var values = context.Request.Query[name];
            if (values.Count > 1) return Problems.Invalid("/" + name, "once");
            if (values is not [{ Length: > 0 } value]) continue;
            names.Add(name);
            if (!isNumber) writer.WriteString(name, value);
            else if (!TryWriteNumber(writer, name, value)) return Problems.Invalid("/" + name, "number");
        }

        return null;
    }

    private static bool TryWriteSeq(Utf8JsonWriter writer, ApiRoute route, string text)
    {
        if (!route.IsOneMessage) return TryWriteNumber(writer, ApiRoute.Fields["seq"], text);
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seq)) return false;
        if (FieldRule.Seq.OfNumber!(seq) is not null) return false;
        writer.WriteNumber("after_seq", seq - 1);
        return true;
    }

    private static bool TryWriteNumber(Utf8JsonWriter writer, string name, string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return false;
        writer.WriteNumber(name, number);
        return true;
    }
}
