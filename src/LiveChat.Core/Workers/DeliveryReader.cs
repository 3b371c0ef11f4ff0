using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Workers;

/// <summary>What a look-up of a record's key found in history.</summary>
/// <param name="Use">The row of <c>client_keys</c>.</param>
/// <param name="Event">The event that this very record became, when it was asked for and is there.</param>
/// <param name="Content">What became of the content, when that was asked for.</param>
internal readonly record struct LookedUp(KeyUse? Use, StoredEvent? Event, ContentFate Content);

/// <summary>What is to be looked up of a record; at least one of them.</summary>
/// <param name="Entry">The record.</param>
/// <param name="IsPast">History has it behind it already: if it became an event, that is read too.</param>
/// <param name="Key">Whether its key was used before.</param>
/// <param name="Target">Whether the message that it edits was deleted: worth one attempt.</param>
internal readonly record struct LookUp(DecodedEntry Entry, bool IsPast, bool Key, bool Target);

/// <summary>
/// The reads of delivery-workers; each is repeated while the store is away. What a read found, or that it failed for
/// good, goes into the chat that waits for it. Any thread.
/// </summary>
internal sealed class DeliveryReader
{
    private readonly IHistoryStore _store;
    private readonly StoreCalls _calls;
    private readonly WorkerMetrics _metrics;
    private readonly Func<LookUp, CancellationToken, ValueTask<LookedUp>> _lookUp;
    private readonly Func<(ChatId Chat, long Seq), CancellationToken, ValueTask<ContentFate>> _fateOf;

    public DeliveryReader(IHistoryStore store, StoreCalls calls, WorkerMetrics metrics)
    {
        (_store, _calls, _metrics) = (store, calls, metrics);
        _lookUp = LookUpAsync;
        _fateOf = FateOfAsync;
    }

    public async Task HeadAsync(HeldChat held, CancellationToken cancellationToken)
    {
        try
        {
            held.PutHead(await _calls.ReadAsync(held.Id, _store.ReadHeadAsync, cancellationToken));
        }
        catch (Exception e)
        {
            held.PutFailure(e); // The loop throws it.
        }
    }

    /// <param name="held">The chat.</param>
    /// <param name="asked">What is asked of its first record that waits.</param>
    /// <param name="cancellationToken">Ends the read and its repetitions.</param>
    public async Task LookUpAsync(HeldChat held, LookUp asked, CancellationToken cancellationToken)
    {
        try
        {
            var found = asked.IsPast || asked.Key
                ? await _calls.ReadAsync(asked, _lookUp, cancellationToken)
                : default;
            if (asked is { Target: true, IsPast: false })
            {
                var target = (asked.Entry.Chat, (long)asked.Entry.Record.Target.Seq);
                var content = await _calls.TryReadAsync(target, _fateOf, ContentFate.Unknown, cancellationToken);
                found = found with { Content = content };
            }

            held.PutLookedUp(found);
        }
        catch (Exception e)
        {
            held.PutFailure(e); // The loop throws it.
        }
    }

    private async ValueTask<LookedUp> LookUpAsync(LookUp asked, CancellationToken cancellationToken)
    {
        var (chat, key) = (asked.Entry.Chat, asked.Entry.Key);
        _metrics.KeyRead(ConsumerGroups.DeliveryWorkers);
        if (await _store.ReadKeyAsync(chat, key.Sender, key.ClientId, cancellationToken) is not { } use)
            return default;
        if (!asked.IsPast || use.Position != asked.Entry.Position)
            return new LookedUp(use, null, ContentFate.Shown);

        // The key's row has neither the time nor who was added; the event's row has both.
        if (await ReadAsync(chat, use.Seq, cancellationToken) is not { } entry)
            return new LookedUp(use, null, ContentFate.Shown);
        var content = asked.Entry.Record.Edit is not null
            ? await FateOfAsync((chat, (long)asked.Entry.Record.Target.Seq), cancellationToken)
            : FateOf(entry);
        return new LookedUp(use, entry.Event, content);
    }

    private async ValueTask<ContentFate> FateOfAsync(
        (ChatId Chat, long Seq) message, CancellationToken cancellationToken) =>
        FateOf(await ReadAsync(message.Chat, message.Seq, cancellationToken));

    private static ContentFate FateOf(HistoryEntry? entry) =>
        entry?.DeletedSeq is null ? ContentFate.Shown : ContentFate.Erased;

    private async ValueTask<HistoryEntry?> ReadAsync(ChatId chat, long seq, CancellationToken cancellationToken) =>
        (await _store.ReadEventsAsync(chat, new EventRange(seq, seq), cancellationToken)).Entries is [var entry]
            ? entry
            : null;
}
