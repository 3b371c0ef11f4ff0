using System.Buffers;
using System.Globalization;
using System.Text.Json;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Api;

/// <summary>
/// Makes the frame of a request: the fields of the body as they are, those of path, query and headers put to them.
/// What a field may hold is the frame's matter; a field that comes twice is refused there.
/// </summary>
internal static class ApiRequest
{
    public static async Task<(ClientFrame? Frame, Problem? Problem)> ReadAsync(
        HttpContext context, ApiRoute route, TimeProvider time)
    {
        var data = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(data))
        {
            writer.WriteStartObject();
            var names = new HashSet<string>(StringComparer.Ordinal);
            if (route.HasBody && await ApiBody.CopyAsync(context.Request, route.IsPatch, writer, names) is { } bad)
                return (null, bad);
            if (WriteParameters(context.Request, route, writer, names) is { } wrong) return (null, wrong);
            if (route.HasKey && !names.Contains("client_id"))
                writer.WriteString("client_id", ClientId.New(time.GetUtcNow()).ToString());
            writer.WriteEndObject();
        }

        var read = JsonFrames.ReadClientData(route.FrameType, data.WrittenSpan);
        return read.Frame is { } frame
            ? (frame, null)
            : (null, Problems.Of(ErrorCode.BadRequest, read.Problem));
    }

    private static Problem? WriteParameters(
        HttpRequest request, ApiRoute route, Utf8JsonWriter writer, HashSet<string> names)
    {
        foreach (var (name, value) in request.RouteValues)
        {
            if (!ApiRoute.Fields.TryGetValue(name, out var field) || value is not string text) continue;
            if (name != "seq") writer.WriteString(field, text);
            else if (!TryWriteNumber(writer, field, text)) return Problems.Of(ErrorCode.NotFound);
        }

        if (route.Constant is { } constant)
        {
            writer.WritePropertyName(constant.Name);
            writer.WriteRawValue(constant.Json);
        }

        if (request.Headers.IfMatch is [{ } tag] && route.HasTag && tag != "*"
            && !TryWriteNumber(writer, "if_seq", tag.Trim('"')))
            return Problems.Of(ErrorCode.PreconditionFailed);
        foreach (var (name, values) in request.Query)
        {
            var isText = name is "cursor" or "client_id";
            if (values.Count > 1) return Problems.Invalid("/" + name, "once");
            if (values is not [{ Length: > 0 } value] || !(isText || route.Method == "GET")) continue;
            names.Add(name);
            if (isText) writer.WriteString(name, value);
            else if (!TryWriteNumber(writer, name, value)) return Problems.Invalid("/" + name, "number");
        }

        return null;
    }

    private static bool TryWriteNumber(Utf8JsonWriter writer, string name, string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return false;
        writer.WriteNumber(name, number);
        return true;
    }
}
