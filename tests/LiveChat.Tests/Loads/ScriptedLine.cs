using System.Text;
using System.Text.Json;
using LiveChat.Loads.Sockets;

namespace LiveChat.Tests.Loads;

/// <summary>A session whose server is the test: it notes what is sent and says what the test wants. Its reader is
/// stopped when all was said.</summary>
internal sealed class ScriptedLine : ILightLine
{
    private readonly Queue<string> _coming = new();

    public int? CloseCode => null;

    /// <summary>What was sent.</summary>
    public List<JsonElement> Sent { get; } = [];

    /// <summary>Answers what is sent; null says nothing.</summary>
    public Func<JsonElement, string?> Answer { get; init; } = static _ => null;

    /// <summary>The texts of the messages that were sent.</summary>
    public IReadOnlyList<string> Texts =>
    [
        .. Sent.Where(static frame => frame.GetProperty("type").GetString() == "message.send")
            .Select(static frame => frame.GetProperty("data").GetProperty("body").GetProperty("text").GetString()!),
    ];

    public void Say(params IEnumerable<string> messages)
    {
        foreach (var message in messages) _coming.Enqueue(message);
    }

    public Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => _coming.TryDequeue(out var next)
        ? Task.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes(next))
        : Task.FromException<ReadOnlyMemory<byte>>(new OperationCanceledException());

    public void SendMessage(ReadOnlySpan<byte> message)
    {
        var frame = JsonElement.Parse(message);
        Sent.Add(frame);
        if (Answer(frame) is { } answer) _coming.Enqueue(answer);
    }

    public void Dispose()
    {
    }
}
