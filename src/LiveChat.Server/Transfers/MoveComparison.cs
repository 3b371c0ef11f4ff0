using System.Collections.Concurrent;
using LiveChat.Core.Contents;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Backups;

namespace LiveChat.Server.Transfers;

/// <summary>Compares what servers read from a data folder and from the cluster into which it was moved: counts and a
/// checksum of every chat, and every user, device, server key and erasure. One thread, and a few chats at a time.
/// </summary>
internal sealed class MoveComparison(
    WholeFolder source, ContentReads target, IProgress<BackupProgress> progress)
{
    private const int ChatsAtOnce = 16;
    private const int NamedMax = 5;

    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly Lock _reporting = new();
    private long _chats;
    private long _messages;
    private long _users;

    /// <exception cref="TransferException">They are not the same.</exception>
    /// <exception cref="HistoryUnavailableException">Repeat it.</exception>
    public async Task<TransferReport> RunAsync(CancellationToken cancellationToken)
    {
        var total = source.Contents.CountChats();
        await Parallel.ForEachAsync(
            source.Contents.ChatsWithUsers(),
            new ParallelOptions { MaxDegreeOfParallelism = ChatsAtOnce, CancellationToken = cancellationToken },
            async (chat, token) =>
            {
                await CompareAsync(chat.Chat, chat.Users, token);
                Report(total);
            });
        await CompareOthersAsync(cancellationToken);
        if (_wrong.IsEmpty) return new TransferReport(_chats, _messages, _users);
        throw new TransferException(
            BackupFault.Damaged,
            $"{_wrong.Count} things are not the same in the folder and in the cluster: "
            + $"{string.Join(", ", _wrong.Take(NamedMax))}. No server starts on the keyspace. Drop it and its topic, "
            + $"delete {Hosting.MovedFolder.FileName} in the folder, and move again.");
    }

    private void Report(long total)
    {
        lock (_reporting)
            progress.Report(new BackupProgress("Comparing", Interlocked.Read(ref _chats), total) { Unit = "chats" });
    }

    private async Task CompareAsync(ChatId chat, IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        var here = await ContentComparison.SumUpAsync(source.Reads, chat, users, cancellationToken);
        var there = await ContentComparison.SumUpAsync(target, chat, users, cancellationToken);
        Interlocked.Increment(ref _chats);
        Interlocked.Add(ref _messages, here.Messages);
        if (here != there)
            _wrong.Enqueue(
                $"chat {chat} ({here.Seq} events and {here.Messages} messages here, {there.Seq} and {there.Messages} "
                + "there)");
    }

    private async Task CompareOthersAsync(CancellationToken cancellationToken)
    {
        if (!(await target.Identities.Keys.ReadKeysAsync(cancellationToken)).SequenceEqual(
            await source.Reads.Identities.Keys.ReadKeysAsync(cancellationToken)))
            _wrong.Enqueue("the server keys");
        var others = ContentBatches.Of(source.Contents.Read(new ContentPlace(ContentSection.Erasures, ""))
            .TakeWhile(static part => part.Lines is not [ChatLine, ..]));
        foreach (var part in others)
        {
            foreach (var line in part.Lines.OfType<ErasureLine>())
                if (await target.Erasures.ReadAsync([line.Erasure.User], cancellationToken) is not [var erasure]
                    || erasure != line.Erasure)
                    _wrong.Enqueue($"the erasure of {line.Erasure.User}");
            await Parallel.ForEachAsync(
                part.Lines.OfType<UserLine>(), cancellationToken, (line, token) => CompareAsync(line, token));
        }
    }

    private async ValueTask CompareAsync(UserLine line, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _users);
        var user = line.User.User;
        var rows = await target.Identities.Users.ReadUsersAsync([user], cancellationToken);
        var seen = await target.Identities.LastSeen.ReadLastSeenAsync([user], cancellationToken);
        var here = await source.Reads.Identities.Users.ReadDevicesAsync(user, cancellationToken);
        var there = await target.Identities.Users.ReadDevicesAsync(user, cancellationToken);
        if ((line.User.IsKnown && rows is not [var row]) || (rows is [var known] && known != line.User)
            || seen[0] != line.LastSeenMs || !here.SequenceEqual(there))
            _wrong.Enqueue($"the user {user}");
    }
}
