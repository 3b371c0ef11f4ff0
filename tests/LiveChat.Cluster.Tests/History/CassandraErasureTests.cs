using System.Text;
using LiveChat.Cluster.History;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.History;
using Xunit;

namespace LiveChat.Cluster.Tests.History;

/// <summary>What becomes of a text that was deleted, in answers and in the files of a node.</summary>
[Collection(nameof(OneCassandra))]
public sealed class CassandraErasureTests(OneCassandra cassandra)
{
    private const ulong Chat = 1;
    private const string Message = "what-nobody-may-read-again";
    private const string Edited = "nor-what-it-was-edited-to";
    private const string Kept = "what-everybody-may-read";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deleted_text_is_in_no_answer_and_in_no_file_once_its_cells_are_collected()
    {
        var options = cassandra.NewKeyspace();
        Assert.SkipUnless(cassandra.IsOwn, "The node's files are elsewhere.");
        await using var session = await cassandra.OpenAsync(options);
        foreach (var table in (string[])["events", "edits"]) // Files then hold texts as they are.
            await CassandraNodes.ExecuteAsync(
                options, $"ALTER TABLE {options.Keyspace}.{table} WITH compression = {{'enabled': 'false'}}");
        await using var store = new CassandraHistoryStore(session, static () => "epoch");
        var edit = Records.Edit("bob", 3, Records.Target(2, "bob"));
        edit.Edit.Body.Text = Edited;
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 1, "bob"), Records.Message("bob", 2, Message), edit,
                Records.Message("ann", 4, Kept), Records.Delete("bob", 5, Records.Target(2, "bob")),
            ],
            Chat);
        await store.WriteAsync([HistoryRowsBuilder.Build(events[..^1])], Token);
        Assert.Contains(Edited, await AnswersAsync(store), StringComparison.Ordinal);
        await cassandra.NodetoolAsync(1, "flush", options.Keyspace);
        Assert.Equal([Edited, Kept, Message], TextsInFiles(options));

        await store.WriteAsync([HistoryRowsBuilder.Build([events[^1]])], Token);
        var answers = await AnswersAsync(store);
        Assert.DoesNotContain(Message, answers, StringComparison.Ordinal);
        Assert.DoesNotContain(Edited, answers, StringComparison.Ordinal);
        Assert.Contains(Kept, answers, StringComparison.Ordinal);

        await cassandra.NodetoolAsync(1, "flush", options.Keyspace);
        Assert.Equal([Edited, Kept, Message], TextsInFiles(options)); // Why doctor asks for what comes now.
        await cassandra.NodetoolAsync(1, "garbagecollect", "-g", "CELL", options.Keyspace, "events", "edits");
        await UntilOnlyKeptAsync(options);
    }

    /// <summary>All that the store says of the chat's events.</summary>
    private static async Task<string> AnswersAsync(CassandraHistoryStore store)
    {
        var said = new StringBuilder();
        foreach (var withEdits in (bool[])[false, true])
        {
            var read = await store.ReadEventsAsync(
                new ChatId(Chat), new EventRange(1, 100) { EditsTo = 100, WithEditBodies = withEdits }, Token);
            foreach (var one in read.Entries) said.AppendLine(one.ToString());
        }

        return said.ToString();
    }

    /// <summary>The node deletes files a moment after it has replaced them.</summary>
    private async Task UntilOnlyKeptAsync(CassandraOptions options)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Patience);
        while (!TextsInFiles(options).SequenceEqual([Kept]))
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
    }

    /// <summary>Which of the texts lie in any file of the keyspace.</summary>
    private List<string> TextsInFiles(CassandraOptions options)
    {
        var folder = Path.Combine(cassandra.Home, "node-1", "data", options.Keyspace);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var bytes = BytesOf(file);
            foreach (var text in (string[])[Message, Edited, Kept])
                if (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0) found.Add(text);
        }

        return [.. found];
    }

    /// <summary>Nothing of a file that has gone meanwhile.</summary>
    private static byte[] BytesOf(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }
}
