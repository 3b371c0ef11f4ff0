using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Loads.Chats;

/// <summary>Makes a chat of members who are all connected: a direct chat of two, a group of more.</summary>
internal static class ChatOpening
{
    private const uint Command = 1;

    /// <summary>Whoever starts a direct chat must wait for the other member's first message: this is it.</summary>
    public static ReadOnlySpan<byte> GreetingText => "hello"u8;

    /// <summary>The same in a frame.</summary>
    public static ReadOnlySpan<byte> Greeting => "\"text\":\"hello\""u8;

    /// <param name="lines">A session for each member.</param>
    /// <param name="users">The members' ids, in the same order.</param>
    /// <param name="title">The title of a group.</param>
    /// <param name="made">Hears of the chat.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A device for each member.</returns>
    /// <exception cref="LoadException">The server refused the chat or ended the session.</exception>
    public static async Task<IReadOnlyList<LoadDevice>> OpenAsync(
        IReadOnlyList<ILightLine> lines,
        IReadOnlyList<string> users,
        string? title,
        MadeChats made,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var key = ClientId.New(time.GetUtcNow()).ToString();
        var create = users.Count == 2
            ? new ChatCreate { Id = Command, ClientId = key, Direct = users[1] }
            : new ChatCreate { Id = Command, ClientId = key, Members = [.. users.Skip(1)], Title = title };
        var chat = (await AskAsync(lines[0], create, cancellationToken)).Chat;
        made.Note(chat);
        if (users.Count == 2)
        {
            var greeting = new MessageSend
            {
                Id = Command,
                Chat = chat,
                ClientId = ClientId.New(time.GetUtcNow()).ToString(),
                Body = new MessageBody { Text = System.Text.Encoding.UTF8.GetString(GreetingText) },
            };
            await AskAsync(lines[1], greeting, cancellationToken);
        }

        return [.. lines.Select(line => new LiveChatDevice(line, chat, users, time))];
    }

    private static async Task<Ack> AskAsync(
        ILightLine line, ClientFrame command, CancellationToken cancellationToken)
    {
        line.SendMessage(LightSocket.Message(command));
        while (await line.ReadAsync(cancellationToken) is { IsEmpty: false } message)
            foreach (var frame in LightSocket.Lines(message))
                switch (JsonFrames.ReadServerFrame(frame.Span).Frame)
                {
                    case Ack ack:
                        return ack;
                    case ErrorFrame error:
                        throw LoadException.Refused(error.Problem);
                }

        throw LoadException.Closed(line.CloseCode);
    }
}
