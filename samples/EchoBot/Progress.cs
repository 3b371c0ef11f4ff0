using System.Text.Json;

namespace EchoBot;

/// <summary>
/// Up to which seq the messages of each chat are dealt with, kept in a file. It may be behind, never ahead: a message
/// that is dealt with twice is answered once, by its key.
/// </summary>
internal sealed class Progress
{
    private readonly string _file;
    private readonly Dictionary<string, long> _reached;

    private Progress(string file, Dictionary<string, long> reached) => (_file, _reached) = (file, reached);

    public static Progress Load(string file) => new(
        file, File.Exists(file) ? JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllText(file))! : []);

    /// <summary>0 where nothing was dealt with yet.</summary>
    public long Of(string chat) => _reached.GetValueOrDefault(chat);

    public void Reach(string chat, long seq)
    {
        _reached[chat] = Math.Max(seq, Of(chat));
        File.WriteAllText(_file + ".new", JsonSerializer.Serialize(_reached));
        File.Move(_file + ".new", _file, overwrite: true);
    }
}
