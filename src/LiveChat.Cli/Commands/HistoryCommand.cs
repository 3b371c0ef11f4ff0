using System.CommandLine;
using System.Globalization;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat history</c>: the latest messages of a chat, or those before or after a seq.</summary>
internal static class HistoryCommand
{
    public static Command Create()
    {
        var target = new Argument<string>("chat") { Description = "A chat's id, or @user." };
        var limit = new CountOption("--limit", "How many.", 50);
        var before = Seq("--before", "Those before this seq.");
        var after = Seq("--after", "Those after this seq.");
        var events = new Option<bool>("--events") { Description = "Every event, not only messages." };
        var command = new Command("history", "Prints the past of a chat.") { target, limit, before, after, events };
        var options = new ClientOptions(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(before) is not null && result.GetResult(after) is not null)
            {
                result.AddError("--before and --after exclude each other.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = await options.ConnectAsync(parsed, cancellationToken);
            var chat = await ChatTarget.FindAsync(client, parsed.GetValue(target)!, cancellationToken);
            var query = new HistoryGet
            {
                Chat = chat,
                BeforeSeq = parsed.GetValue(before),
                AfterSeq = parsed.GetValue(after),
                View = parsed.GetValue(events) ? HistoryViews.Events : HistoryViews.Messages,
            };
            var items = await ReadAsync(
                page => ClientOptions.WithinAMinuteAsync(
                    patience => client.HistoryAsync(page, patience), cancellationToken),
                query,
                parsed.GetValue(limit));
            foreach (var item in items)
            {
                Console.Out.WriteLine(options.IsJson(parsed) ? JsonLine.Frame(item) : EventText.Full(item));
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static Option<long?> Seq(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            if (long.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var seq)) return seq;
            result.AddError($"{name} is a seq, a number.");
            return null;
        },
    };

    /// <summary>Page after page in one direction until there are enough or no more; in seq order.</summary>
    internal static async Task<List<ChatEvent>> ReadAsync(
        Func<HistoryGet, Task<Page>> read, HistoryGet query, int limit)
    {
        var items = new List<ChatEvent>();
        var isUp = query.AfterSeq is null;
        while (true)
        {
            var page = await read(query with { Limit = Math.Min(limit - items.Count, Limits.PageItemsMax) });
            items.InsertRange(isUp ? 0 : items.Count, page.Items);
            if (page.Next is not { } next || items.Count >= limit) return items;
            query = isUp ? query with { BeforeSeq = next } : query with { AfterSeq = next };
        }
    }
}
