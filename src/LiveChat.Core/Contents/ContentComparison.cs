using System.Buffers.Binary;
using System.IO.Hashing;
using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Contents;

/// <summary>What a server reads from a store.</summary>
internal sealed record ContentReads(
    IHistoryStore History, IUserStore Users, IdentityPorts Identities, IErasureStore Erasures,
    IDeletionStore Deletions);

/// <summary>What a chat has, as servers read it.</summary>
/// <param name="Seq">Its last event.</param>
/// <param name="Messages">How many messages it had.</param>
/// <param name="Sum">A checksum of everything.</param>
internal readonly record struct ReadChat(long Seq, long Messages, UInt128 Sum);

/// <summary>
/// Sums up a chat by the ports through which a server reads it, whatever the store is: head, roster and deletion, each
/// event with content, edits and reactions, its client key, and of each user stays, marks, settings and the row of the
/// list. Equal sums of two stores mean that servers on either answer alike. The time of a read mark is left out: of a
/// mark and an own message at one seq stores may keep either's. Any thread.
/// </summary>
internal static class ContentComparison
{
    private const int EventsAtOnce = 200;
    private const int KeysAtOnce = 32;

    /// <param name="reads">The store.</param>
    /// <param name="chat">The chat.</param>
    /// <param name="users">Everybody who ever had to do with it, in an order.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HistoryUnavailableException">Repeat it.</exception>
    public static async Task<ReadChat> SumUpAsync(
        ContentReads reads, ChatId chat, IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        if (await reads.History.ReadHeadAsync(chat, cancellationToken) is not { } head) return default;
        var sum = new Sums();
        sum.Add(
            head.Seq, head.Position.Value, head.TimeMs, head.Stamp, head.N, head.Direct ? 1 : 0, head.Pull ? 1 : 0,
            head.SettingsSeq);
        sum.Add(head.Title);
        sum.Add(head.Custom);
        sum.Add(head.Awaits?.Value ?? "");
        sum.Add(RosterBytes.Of(head.Roster));
        if (await reads.Deletions.ReadAsync(chat, cancellationToken) is { } deletion)
            sum.Add(deletion.DeletedMs, deletion.FinishedMs);
        for (var from = 1L; from <= head.Seq; from += EventsAtOnce)
        {
            var to = Math.Min(head.Seq, from + EventsAtOnce - 1);
            await AddEventsAsync(sum, reads, chat, from, to, cancellationToken);
        }

        foreach (var marker in (await reads.Users.ReadMarkersAsync(chat, users, cancellationToken))
            .OrderBy(static one => one.User.Value, StringComparer.Ordinal))
        {
            sum.Add(marker.User.Value);
            sum.Add(marker.DeliveredSeq, marker.ReadSeq, marker.TimeMs);
        }

        foreach (var user in users) await AddUserAsync(sum, reads, chat, user, cancellationToken);
        return new ReadChat(head.Seq, head.N, sum.Value);
    }

    private static async Task AddEventsAsync(
        Sums sum, ContentReads reads, ChatId chat, long from, long to, CancellationToken cancellationToken)
    {
        var range = new EventRange(from, to)
        {
            EditsTo = long.MaxValue, ReactionsTo = IHistoryStore.ReactionsNow, WithEditBodies = true,
        };
        var entries = (await reads.History.ReadEventsAsync(chat, range, cancellationToken)).Entries;
        foreach (var entry in entries) AddEvent(sum, entry);
        foreach (var part in entries.Chunk(KeysAtOnce))
            foreach (var use in await Task.WhenAll(part.Select(ReadKeyAsync)))
                sum.Add(use is { } it ? [it.Seq, it.N, it.Position.Value, (long)it.Id.Value, (long)it.BodyHash] : [0]);

        async Task<KeyUse?> ReadKeyAsync(HistoryEntry entry)
        {
            var key = CommandKey.Of(entry.Event.Record);
            return await reads.History.ReadKeyAsync(chat, key.Sender, key.ClientId, cancellationToken);
        }
    }

    private static void AddEvent(Sums sum, HistoryEntry entry)
    {
        sum.Add(entry.Event.ToByteArray());
        sum.Add(entry.Content?.ToByteArray());
        sum.Add(entry.DeletedSeq ?? 0, entry.Edit?.EditSeq ?? 0);
        sum.Add(entry.Edit?.Content.ToByteArray());
        foreach (var reaction in entry.Reactions)
        {
            sum.Add(reaction.Emoji);
            sum.Add(reaction.User.Value);
            sum.Add(reaction.EventSeq);
        }
    }

    private static async Task AddUserAsync(
        Sums sum, ContentReads reads, ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        foreach (var stay in await reads.History.ReadStaysAsync(chat, user, cancellationToken))
            sum.Add(stay.FromSeq, stay.ToSeq ?? 0);
        if (await reads.Users.ReadUserChatAsync(user, chat, cancellationToken) is { } row)
            sum.Add(
                row.FromSeq, row.ToSeq ?? 0, row.Pull ? 1 : 0, row.HeadSeq, row.HeadN, row.HeadTimeMs, row.ReadSeq,
                row.ReadN);
        if (await reads.Identities.Settings.ReadSettingsAsync(user, chat, cancellationToken) is { } settings)
            sum.Add(settings.MutedUntilMs, settings.IsPinned ? 1 : 0, settings.TimeMs, settings.HiddenN);
    }

    /// <summary>A checksum of values with their bounds.</summary>
    private sealed class Sums
    {
        private readonly XxHash128 _hash = new();

        public UInt128 Value => _hash.GetCurrentHashAsUInt128();

        public void Add(params ReadOnlySpan<long> numbers)
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            foreach (var number in numbers)
            {
                BinaryPrimitives.WriteInt64BigEndian(bytes, number);
                _hash.Append(bytes);
            }
        }

        public void Add(string text)
        {
            Add(text.Length);
            _hash.Append(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan()));
        }

        public void Add(byte[]? bytes)
        {
            Add(bytes?.Length ?? -1);
            _hash.Append(bytes ?? []);
        }
    }
}
