using System.Text;
using LiveChat.Loads.Chats;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Loads.Scenarios;

/// <summary>
/// A user with a chat full of messages, who reads it page by page, again and again, and checks that each message is
/// there once and in its place. One caller at a time.
/// </summary>
/// <param name="session">The user's session.</param>
/// <param name="depth">Messages in the chat.</param>
/// <param name="faults">Where faults are counted.</param>
/// <param name="time">The clock.</param>
internal sealed class HistoryReader(LightSocket session, int depth, LoadFaults faults, TimeProvider time) : IDisposable
{
    private const int TriesMax = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private string _chat = "";
    private uint _command = 1;
    private long _held;
    private long _numbers;

    /// <summary>Makes the chat and fills it, as fast as the server's limits allow.</summary>
    /// <param name="other">The other member.</param>
    /// <param name="title">The chat's title.</param>
    /// <param name="made">Hears of the chat.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task FillAsync(string other, string title, MadeChats made, CancellationToken cancellationToken)
    {
        var chat = await ChangeAsync(
            new ChatCreate { ClientId = Key(), Members = [other], Title = title }, cancellationToken);
        _chat = chat.Chat;
        made.Note(_chat);
        for (var number = 1; number <= depth; number++)
        {
            var text = new LoadText(0, 0, number, time.GetTimestamp()).ToString();
            await ChangeAsync(
                new MessageSend { Chat = _chat, ClientId = Key(), Body = new MessageBody { Text = text } },
                cancellationToken);
        }
    }

    /// <summary>Reads the next page; behind the last one the first.</summary>
    public async Task ReadPageAsync(CancellationToken cancellationToken)
    {
        var ask = new HistoryGet
        {
            Chat = _chat, AfterSeq = _held, Limit = Limits.PageItemsMax, View = HistoryViews.Events,
        };
        if (await AskAsync(ask, cancellationToken) is not Page page)
            throw LoadException.NotTaken("History was answered by something else than a page");
        foreach (var item in page.Items) Take(item);
        if (page.Items.Count > 0 && _held < page.HeadSeq) return;
        faults.Lose(Math.Max(0, depth - _numbers));
        (_held, _numbers) = (0, 0);
    }

    public void Dispose() => session.Dispose();

    private void Take(ChatEvent item)
    {
        if (item.Seq != _held + 1) faults.Disorder();
        _held = item.Seq;
        if (item is not MessageCreated message) return;
        var said = Encoding.UTF8.GetBytes(message.Body?.Text ?? "");
        if (said is not [(byte)'@', .. var rest] || LoadText.Read(rest) is not { } text)
        {
            faults.Alter();
            return;
        }

        if (text.Number <= _numbers) faults.Repeat();
        else if (text.Number > _numbers + 1) faults.Skip();
        _numbers = Math.Max(_numbers, text.Number);
    }

    /// <summary>Changes the chat, once however often it must be tried.</summary>
    private async Task<Ack> ChangeAsync(ChangeCommand command, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var answer = await AskAsync(command, cancellationToken);
            if (answer is Ack ack) return ack;
            var problem = ((ErrorFrame)answer).Problem;
            if (!problem.Retryable || attempt >= TriesMax) throw LoadException.Refused(problem);
            var after = problem.RetryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : Pause;
            await Task.Delay(after, time, cancellationToken);
        }
    }

    /// <summary>The answer to a command; a refusal of a change is an answer, any other one ends the load.</summary>
    private async Task<ServerFrame> AskAsync(ClientFrame command, CancellationToken cancellationToken)
    {
        var number = ++_command;
        await session.SendAsync(command with { Id = number }, cancellationToken);
        while (await session.ReadAsync(cancellationToken) is { IsEmpty: false } message)
            foreach (var frame in LightSocket.Lines(message))
                switch (JsonFrames.ReadServerFrame(frame.Span).Frame)
                {
                    case ErrorFrame error when error.Re != number || command is not ChangeCommand:
                        throw LoadException.Refused(error.Problem);
                    case (Ack or Page or ErrorFrame) and { Re: { } re } answer when re == number:
                        return answer;
                }

        throw LoadException.Closed(session.CloseCode);
    }

    private string Key() => ClientId.New(time.GetUtcNow()).ToString();
}
