using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace LiveChat.Core.Json;

/// <summary>
/// JSON merge patches (RFC 7396) of custom data: what is an object is merged, what is null is removed, anything else is
/// replaced. Names and values are copied byte for byte, in the order of the target and then of the patch, so that every
/// node of every version makes the same text of the same two. Pure.
/// </summary>
internal static class MergePatch
{
    /// <summary>The target after the patch; both are JSON objects, and no text is an object without fields.</summary>
    public static string Apply(string target, string patch)
    {
        using var before = target.Length == 0 ? null : JsonDocument.Parse(target);
        using var change = JsonDocument.Parse(patch);
        var merged = new ArrayBufferWriter<byte>(target.Length + patch.Length);
        Merge(merged, before?.RootElement, change.RootElement);
        return merged.WrittenCount == "{}".Length ? "" : Encoding.UTF8.GetString(merged.WrittenSpan);
    }

    /// <summary>Goes as deep as the patch, whose depth is limited where it comes in.</summary>
    private static void Merge(ArrayBufferWriter<byte> output, JsonElement? target, JsonElement patch)
    {
        var changes = patch.EnumerateObject().ToDictionary(
            static field => field.Name, static field => field.Value, StringComparer.Ordinal);
        var isFirst = true;
        output.Write("{"u8);
        if (target is { ValueKind: JsonValueKind.Object } before)
            foreach (var field in before.EnumerateObject())
                if (changes.Remove(field.Name, out var change))
                    WriteMerged(output, field, field.Value, change, ref isFirst);
                else
                    Begin(output, field, ref isFirst).Write(JsonMarshal.GetRawUtf8Value(field.Value));

        foreach (var field in patch.EnumerateObject())
            if (changes.ContainsKey(field.Name)) WriteMerged(output, field, null, field.Value, ref isFirst);
        output.Write("}"u8);
    }

    private static void WriteMerged(
        ArrayBufferWriter<byte> output, JsonProperty name, JsonElement? before, JsonElement change, ref bool isFirst)
    {
        if (change.ValueKind is JsonValueKind.Null) return;
        Begin(output, name, ref isFirst);
        if (change.ValueKind is JsonValueKind.Object) Merge(output, before, change);
        else output.Write(JsonMarshal.GetRawUtf8Value(change));
    }

    private static ArrayBufferWriter<byte> Begin(ArrayBufferWriter<byte> output, JsonProperty name, ref bool isFirst)
    {
        output.Write(isFirst ? "\""u8 : ",\""u8);
        output.Write(JsonMarshal.GetRawUtf8PropertyName(name));
        output.Write("\":"u8);
        isFirst = false;
        return output;
    }
}
