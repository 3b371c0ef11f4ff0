using System.Collections.Concurrent;
using LiveChat.Client;
using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Client;

/// <summary>The code of the SDK's README that is in no sample, so that it is compiled and run.</summary>
internal static class ReadmeExamples
{
    public static async Task FirstAsync(
        Uri server,
        Func<CancellationToken, ValueTask<string>> askMyBackend,
        Action<string> show,
        CancellationToken cancellationToken)
    {
        await using var client = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = server,                // such as http://127.0.0.1:8080
            TokenProvider = askMyBackend,     // asked for every connection, and before the token expires
        });
        await client.ConnectAsync(cancellationToken);

        var chat = (await client.CreateDirectAsync("bob", cancellationToken)).Chat;
        var ack = await client.SendAsync(chat, "Hello, Bob", cancellationToken: cancellationToken);
        show($"sent, it is number {ack.Seq} of the chat");

        await foreach (var happened in client.ReadEventsAsync(cancellationToken))
        {
            if (happened is MessageCreated { Body: { } body } message)
                show($"{message.Sender}: {body.Text}");
        }
    }
}

/// <summary>What a person has written and what has no place yet. A real one is on the disk.</summary>
internal sealed class Outbox(LiveChatClient client)
{
    private readonly ConcurrentDictionary<int, Waiting> _waiting = [];
    private int _last;

    public int Add(string chat, string text)
    {
        var message = Interlocked.Increment(ref _last);  // no key yet: the device's clock may be wrong
        _waiting[message] = new Waiting(chat, text, Key: null);
        return message;
    }

    /// <summary>The first try, and every "send again".</summary>
    public async Task<string> TrySendAsync(int message, CancellationToken patience)
    {
        if (!_waiting.TryGetValue(message, out var waiting)) return "sent"; // its event came before the answer
        try
        {
            var key = waiting.Key ?? await client.NewClientIdAsync(patience);
            _waiting[message] = waiting with { Key = key };     // stored before the first try, and kept
            var ack = await client.SendAsync(waiting.Chat, waiting.Text, key, patience);
            _waiting.TryRemove(message, out _);
            return $"#{ack.Seq}";
        }
        catch (OperationCanceledException)
        {
            return "no answer yet: it may be sent, or not";
        }
        catch (LiveChatRefusedException refused)
        {
            return $"not sent: {refused.Message}";
        }
    }

    /// <summary>Own messages come as events, too, and often before the answer: the key tells which one it is.</summary>
    public bool TryTakeOwn(MessageCreated message)
    {
        var own = _waiting.FirstOrDefault(waiting => waiting.Value.Key == message.ClientId);
        return own.Key != default && _waiting.TryRemove(own.Key, out _);
    }

    private sealed record Waiting(string Chat, string Text, string? Key);
}
