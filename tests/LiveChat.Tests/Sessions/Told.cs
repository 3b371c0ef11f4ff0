using System.Buffers;
using System.Text;
using System.Text.Json;
using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Sessions;

/// <summary>
/// Writes down what the devices were told at every step: the type of each frame and its fields, without what is in
/// them. Who was told the same is on one line.
/// </summary>
internal sealed class Told(IReadOnlyDictionary<string, TestDevice> devices)
{
    private const int Columns = 110;

    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, int> _read = devices.Keys.ToDictionary(static name => name, static _ => 0);

    public string Text => _text.ToString();

    /// <summary>The kinds of frames that were there, with those of their fields that were.</summary>
    public Dictionary<Type, HashSet<string>> Fields { get; } = [];

    /// <summary>Everything since the last step.</summary>
    public async Task NoteAsync(string step)
    {
        var lines = new List<(string Line, string Name)>();
        foreach (var (name, device) in devices)
        {
            // What was told before its answer is there with it.
            var fence = await device.AskAsync(new PresenceSet());
            foreach (var frame in device.Heard.Skip(_read[name]))
                if (!ReferenceEquals(frame, fence) && !ComesWhenItComes(frame))
                    lines.Add((LinesOf(frame), name));
            _read[name] = device.Heard.Count;
        }

        _text.Append("# ").Append(step).Append('\n');
        foreach (var told in lines.GroupBy(static line => line.Line))
            _text.Append(string.Join(' ', told.Select(static line => line.Name).Distinct())).Append(": ")
                .Append(told.Key).Append('\n');
    }

    /// <summary>On a slow machine within another step: the time says when.</summary>
    private static bool ComesWhenItComes(ServerFrame frame) =>
        frame is Ping or Accepted or TokenExpiring or TypingUpdate { Users.Count: 0 };

    private string LinesOf(ServerFrame frame)
    {
        var bytes = new ArrayBufferWriter<byte>();
        JsonFrames.Write(bytes, frame);
        using var json = JsonDocument.Parse(bytes.WrittenMemory);
        var type = json.RootElement.GetProperty("type").GetString()!;
        var paths = new SortedSet<string>(StringComparer.Ordinal);
        if (json.RootElement.TryGetProperty("data", out var data)) Collect(data, "", paths);
        if (!Fields.TryGetValue(frame.GetType(), out var known)) Fields.Add(frame.GetType(), known = []);
        known.UnionWith(paths.Select(static path => path.Split('.', '[')[0]));
        foreach (var item in (frame as Page)?.Items ?? []) LinesOf(item); // For its fields; its line is the page's.
        var text = new StringBuilder(type);
        var width = int.MaxValue / 2;
        foreach (var path in paths)
        {
            if (width + path.Length > Columns)
            {
                text.Append("\n   ");
                width = 0;
            }

            text.Append(' ').Append(path);
            width += 1 + path.Length;
        }

        return text.ToString();
    }

    /// <summary>The paths to the values; custom data are one, an event within a page has its type in the path.
    /// </summary>
    private static void Collect(JsonElement value, string path, SortedSet<string> paths)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when !path.EndsWith("custom", StringComparison.Ordinal):
                foreach (var field in value.EnumerateObject())
                    Collect(field.Value, path.Length == 0 ? field.Name : $"{path}.{field.Name}", paths);
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    if (item.ValueKind is JsonValueKind.Object && item.TryGetProperty("data", out var data))
                        Collect(data, $"{path}[{item.GetProperty("type").GetString()}]", paths);
                    else
                        Collect(item, path + "[]", paths);
                break;
            default:
                paths.Add(path);
                break;
        }
    }
}
