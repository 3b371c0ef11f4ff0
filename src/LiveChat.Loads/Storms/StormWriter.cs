using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Loads.Storms;

/// <summary>A user who is in some groups, stays, and writes to each of them. One caller at a time.</summary>
/// <param name="session">The user's session.</param>
/// <param name="time">The clock.</param>
internal sealed class StormWriter(LightSocket session, TimeProvider time) : IDisposable
{
    private readonly List<string> _chats = [];
    private uint _command = 1;

    /// <summary>Makes a group, and returns its id.</summary>
    public async Task<string> CreateAsync(
        IReadOnlyList<string> members, string title, CancellationToken cancellationToken)
    {
        var create = new ChatCreate { Id = ++_command, ClientId = Key(), Members = members, Title = title };
        var ack = await AskAsync(create, cancellationToken);
        _chats.Add(ack.Chat);
        return ack.Chat;
    }

    /// <summary>Writes to each group; done when all are acknowledged.</summary>
    public async Task SayAsync(string text, CancellationToken cancellationToken)
    {
        foreach (var chat in _chats)
        {
            var message = new MessageSend
            {
                Id = ++_command, Chat = chat, ClientId = Key(), Body = new MessageBody { Text = text },
            };
            await AskAsync(message, cancellationToken);
        }
    }

    public void Dispose() => session.Dispose();

    private async Task<Ack> AskAsync(ClientFrame command, CancellationToken cancellationToken)
    {
        await session.SendAsync(command, cancellationToken);
        while (await session.ReadAsync(cancellationToken) is { IsEmpty: false } message)
            foreach (var line in LightSocket.Lines(message))
                switch (JsonFrames.ReadServerFrame(line.Span).Frame)
                {
                    case Ack ack when ack.Re == command.Id:
                        return ack;
                    case ErrorFrame error:
                        throw LoadException.Refused(error.Problem);
                }

        throw LoadException.Closed(session.CloseCode);
    }

    private string Key() => ClientId.New(time.GetUtcNow()).ToString();
}
