using System.Security.Cryptography;
using System.Text;
using LiveChat.Client;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace EchoBot;

/// <summary>
/// Answers every message of others with what was said, once each, whatever happens to the bot, the server or the
/// network: what was said while the bot was away is in the history, and an answer that is sent twice has the same key.
/// A chat that moves to another page while the list is read may be on no page that the bot reads. It moves by an
/// event, which the bot is told, and whose seq shows what was missed.
/// </summary>
internal sealed class Bot(LiveChatClient client, Progress progress, TextWriter log)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        client.ConnectionChanged += change => log.WriteLine(
            change.State == ClientState.Reconnecting
                ? $"Away ({change.Reason}); next try in {change.Delay.TotalSeconds:0.0} s."
                : $"{change.State}.");
        client.Retrying += retry => log.WriteLine(
            $"{retry.Reason} Trying again in {retry.Delay.TotalSeconds:0.0} s.");
        await client.ConnectAsync(cancellationToken);
        await CatchUpAsync(cancellationToken);
        log.WriteLine("Caught up.");
        await foreach (var happened in client.ReadEventsAsync(cancellationToken))
        {
            await TakeAsync(happened, cancellationToken);
        }
    }

    private async Task TakeAsync(ChatEvent happened, CancellationToken cancellationToken)
    {
        var reached = progress.Of(happened.Chat);
        if (happened.Seq <= reached) return;
        if (happened.Seq > reached + 1) await CatchUpAsync(happened.Chat, cancellationToken);
        else if (happened is MessageCreated message) await AnswerAsync(message, cancellationToken);
        progress.Reach(happened.Chat, happened.Seq);
    }

    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var chats = await client.ChatsAsync(cursor, cancellationToken: cancellationToken);
            foreach (var chat in chats.Items.Where(chat => chat.HeadSeq > progress.Of(chat.Chat)))
                await CatchUpAsync(chat.Chat, cancellationToken);
            cursor = chats.Next;
        }
        while (cursor is not null);
    }

    private async Task CatchUpAsync(string chat, CancellationToken cancellationToken)
    {
        long? after = progress.Of(chat);
        while (after is not null)
        {
            var page = await client.HistoryAsync(new HistoryGet { Chat = chat, AfterSeq = after }, cancellationToken);
            foreach (var message in page.Items.OfType<MessageCreated>()) await AnswerAsync(message, cancellationToken);
            after = page.Next;
            if (after is null) progress.Reach(chat, page.HeadSeq);
        }
    }

    private async Task AnswerAsync(MessageCreated message, CancellationToken cancellationToken)
    {
        if (message.Sender != client.User && message.Body is { } body)
        {
            var answer = new MessageBody { Text = $"You said: {body.Text}", ReplyTo = message.Seq };
            try
            {
                await client.SendAsync(message.Chat, answer, KeyOf(message), cancellationToken);
            }
            catch (LiveChatRefusedException refused)
            {
                log.WriteLine($"No answer to {message.Chat} #{message.Seq}: {refused.Message}");
            }
        }

        progress.Reach(message.Chat, message.Seq);
    }

    /// <summary>The key of the answer: always the same for the same message.</summary>
    private static string KeyOf(MessageCreated message) => ClientId.FromTime(
        message.SentAt.ToUnixTimeMilliseconds(), SHA256.HashData(Encoding.UTF8.GetBytes(message.Id))).ToString();
}
