using Google.Protobuf;
using LiveChat.Cluster.Store;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Cql;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.History;

/// <summary>
/// What one commit of a chat writes: batches of one partition each, in any order, then the head. What was written is
/// left out when the commit is tried again. Belongs to one writer at a time.
/// </summary>
internal sealed class CommitWrite(CassandraSession session, ChatId chat, IReadOnlyList<HistoryRow> rows)
{
    private const int BatchesAtOnce = 16;
    private const int StatementsMax = 64;
    private const int BatchBytesMax = 256 * 1024;
    private const long MonthMs = 30L * 24 * 60 * 60 * 1000;

    private readonly long _chat = (long)chat.Value;
    private readonly Dictionary<object, List<Part>> _open = [];
    private List<Part>? _left;

    /// <summary>Writes the rows.</summary>
    /// <exception cref="HistoryUnavailableException">Not all of it is written: try again.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_left is null)
        {
            _open.Clear();
            foreach (var row in rows) await AddAsync(row, cancellationToken);
            _left = [.. _open.Values.SelectMany(static parts => parts)];
            _open.Clear();
        }

        await Bounded.RunAsync(_left, BatchesAtOnce, part => part.WriteAsync(session, cancellationToken));
        _left.Clear();
    }

    /// <summary>Writes the rows and then the head.</summary>
    /// <param name="head">The head.</param>
    /// <param name="withRoster">Whether its roster changed: a cell that is left as it is otherwise.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HistoryUnavailableException">Not all of it is written: try again.</exception>
    public async Task RunAsync(ChatState head, bool withRoster, CancellationToken cancellationToken)
    {
        await RunAsync(cancellationToken);
        using var write = await BindHeadAsync(head, withRoster, cancellationToken);
        await session.WriteAsync(write, cancellationToken);
    }

    private async ValueTask AddAsync(HistoryRow row, CancellationToken cancellationToken)
    {
        switch (row)
        {
            case EventRow it:
                await AddAsync(it, cancellationToken);
                break;
            case EditRow it:
                Add(Bucket(it.Target), (await BindAsync(HistoryCql.WriteEdit, cancellationToken))
                    .Set(0, _chat).Set(1, Bucket(it.Target)).Set(2, it.Target).Set(3, it.EditSeq)
                    .SetBlob(4, it.Content.ToByteArray()).Set(5, it.Stamp));
                Add(Bucket(it.Target), (await BindAsync(HistoryCql.MarkEdited, cancellationToken))
                    .Set(0, it.Stamp).Set(1, it.EditSeq).Set(2, _chat).Set(3, Bucket(it.Target)).Set(4, it.Target));
                break;
            case ErasureRow it:
                await EraseAsync(it, cancellationToken);
                break;
            case ReactionRow it:
                Add(Bucket(it.Target), (await BindAsync(HistoryCql.WriteReaction, cancellationToken))
                    .Set(0, _chat).Set(1, Bucket(it.Target)).Set(2, it.Target).Set(3, it.Emoji).Set(4, it.User.Value)
                    .Set(5, it.On).Set(6, it.EventSeq).Set(7, it.Stamp));
                Add(Bucket(it.Target), (await BindAsync(HistoryCql.WriteReactionChange, cancellationToken))
                    .Set(0, _chat).Set(1, Bucket(it.Target)).Set(2, it.Target).Set(3, it.EventSeq).Set(4, it.On)
                    .Set(5, it.Emoji).Set(6, it.User.Value).Set(7, it.Stamp));
                break;
            case DeletionRow it:
                Add("deletion", (await BindAsync(HistoryCql.WriteDeletion, cancellationToken))
                    .Set(0, _chat).Set(1, it.DeletedMs).Set(2, it.Stamp));
                Add("open_deletions", (await BindAsync(HistoryCql.OpenDeletion, cancellationToken))
                    .Set(0, HistoryCql.DeletionScope).Set(1, _chat).Set(2, it.DeletedMs).Set(3, it.Stamp));
                break;
            case StayRow it:
                Add("members", (await BindAsync(HistoryCql.WriteStay, cancellationToken))
                    .Set(0, _chat).Set(1, it.User.Value).Set(2, it.FromSeq).Set(3, it.ToSeq ?? 0).Set(4, it.Stamp));
                break;
            case KeyRow it:
                var month = MonthOf(it.ClientId);
                Add((it.Sender, month), (await BindAsync(HistoryCql.WriteKey, cancellationToken))
                    .Set(0, _chat).Set(1, it.Sender.Value).Set(2, month).Set(3, it.ClientId.Value).Set(4, it.Use.Seq)
                    .Set(5, it.Use.N).Set(6, it.Use.Position.Value).Set(7, (long)it.Use.Id.Value)
                    .Set(8, (long)it.Use.BodyHash).Set(9, it.Stamp));
                break;
            default:
                await AddOfUserAsync(row, cancellationToken);
                break;
        }
    }

    private async ValueTask AddOfUserAsync(HistoryRow row, CancellationToken cancellationToken)
    {
        switch (row)
        {
            case UserChatRow it:
                Add(it.User, (await BindAsync(HistoryCql.WriteMembership, cancellationToken))
                    .Set(0, it.User.Value).Set(1, _chat).Set(2, it.FromSeq).Set(3, it.ToSeq ?? 0).Set(4, it.Pull)
                    .Set(5, it.Stamp));
                break;
            case UserChatHeadRow it:
                Add(it.User, (await BindAsync(HistoryCql.WriteUserHead, cancellationToken))
                    .Set(0, it.User.Value).Set(1, _chat).Set(2, it.HeadSeq).Set(3, it.HeadN).Set(4, it.HeadTimeMs)
                    .Set(5, it.Stamp));
                break;
            case UserChatReadRow it:
                Add(it.User, (await BindAsync(HistoryCql.WriteUserRead, cancellationToken))
                    .Set(0, it.Stamp).Set(1, it.ReadSeq).Set(2, it.ReadN).Set(3, it.ReadTimeMs)
                    .Set(4, it.User.Value).Set(5, _chat));
                break;
            default:
                throw new InvalidOperationException($"No table takes a {row.GetType().Name}.");
        }
    }

    private async ValueTask AddAsync(EventRow row, CancellationToken cancellationToken)
    {
        var seq = (long)row.Event.Seq;
        var write = (await BindAsync(HistoryCql.WriteEvent, cancellationToken))
            .Set(0, _chat).Set(1, Bucket(seq)).Set(2, seq).SetBlob(3, row.Event.ToByteArray());
        if (row.Content is { } content) write.SetBlob(4, content.ToByteArray());
        else write.SetUnset(4);
        Add(Bucket(seq), write.Set(5, row.Stamp), row.Content?.CalculateSize() ?? 0);
    }

    /// <summary>Overwrites the content of the message and of each edit on it that came before. Those of this commit may
    /// not be there yet when the others are looked up.</summary>
    private async ValueTask EraseAsync(ErasureRow row, CancellationToken cancellationToken)
    {
        var bucket = Bucket(row.Target);
        Add(bucket, (await BindAsync(HistoryCql.EraseEvent, cancellationToken))
            .Set(0, row.Stamp).Set(1, row.DeletedSeq).Set(2, _chat).Set(3, bucket).Set(4, row.Target));
        var edits = rows.OfType<EditRow>()
            .Where(edit => edit.Target == row.Target && edit.EditSeq < row.DeletedSeq)
            .Select(static edit => edit.EditSeq).ToHashSet();
        using var read = (await BindAsync(HistoryCql.ReadEditSeqs, cancellationToken))
            .Set(0, _chat).Set(1, bucket).Set(2, row.Target).Set(3, row.DeletedSeq);
        await foreach (var edit in session.ReadAllAsync(read, cancellationToken)) edits.Add(edit.GetInt64(0));
        foreach (var edit in edits)
            Add(bucket, (await BindAsync(HistoryCql.EraseEdit, cancellationToken))
                .Set(0, row.Stamp).Set(1, row.DeletedSeq).Set(2, _chat).Set(3, bucket).Set(4, row.Target)
                .Set(5, edit));
    }

    private async ValueTask<BoundStatement> BindHeadAsync(
        ChatState head, bool withRoster, CancellationToken cancellationToken)
    {
        var write = (await BindAsync(HistoryCql.WriteHead, cancellationToken))
            .Set(0, _chat).Set(1, head.Seq).Set(2, head.Position.Value).Set(3, head.TimeMs).Set(4, head.Stamp)
            .Set(5, head.N).Set(6, head.Direct).Set(7, head.Pull).Set(8, head.SettingsSeq).Set(9, head.Title)
            .Set(10, head.Custom).Set(11, head.Awaits?.Value ?? "");
        if (withRoster) write.SetBlob(12, RosterBytes.Of(head.Roster));
        else write.SetUnset(12);
        return write.Set(13, head.Stamp);
    }

    private ValueTask<BoundStatement> BindAsync(string cql, CancellationToken cancellationToken) =>
        session.BindAsync(cql, cancellationToken);

    /// <summary>Adds a statement to the batch of its partition, or to another one when that is full.</summary>
    private void Add(object partition, BoundStatement statement, int bytes = 0)
    {
        if (!_open.TryGetValue(partition, out var parts)) _open.Add(partition, parts = [new Part()]);
        if (!parts[^1].TryAdd(statement, bytes))
        {
            parts.Add(new Part());
            parts[^1].TryAdd(statement, bytes);
        }
    }

    private static long Bucket(long seq) => HistoryCql.BucketOf(seq);

    /// <summary>Which thirty days since 1970 a key's time is in: any 48 bits have one.</summary>
    public static int MonthOf(ClientId clientId) => (int)(clientId.UnixMilliseconds / MonthMs);

    /// <summary>Statements of one partition, written in one request.</summary>
    private sealed class Part
    {
        private readonly List<BoundStatement> _statements = [];
        private int _bytes;
        private bool _isWritten;

        public bool TryAdd(BoundStatement statement, int bytes)
        {
            if (_statements.Count == StatementsMax || (_bytes > 0 && _bytes + bytes > BatchBytesMax)) return false;
            _statements.Add(statement);
            _bytes += bytes;
            return true;
        }

        public async Task WriteAsync(CassandraSession session, CancellationToken cancellationToken)
        {
            if (_isWritten) return;
            if (_statements.Count == 1)
            {
                await session.WriteAsync(_statements[0], cancellationToken);
            }
            else
            {
                var batch = new BatchStatement();
                foreach (var statement in _statements) batch.Add(statement);
                await session.WriteAsync(batch, cancellationToken);
            }

            _isWritten = true;
            foreach (var statement in _statements) statement.Dispose();
        }
    }
}
