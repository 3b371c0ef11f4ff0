using LiveChat.Core.History;
using LiveChat.Core.Log;

namespace LiveChat.Core.Sequencing;

/// <summary>What a look-up of a record's key found in history.</summary>
/// <param name="Use">The row of <c>client_keys</c>.</param>
/// <param name="Event">The event that this very record became, when it was asked for and is there.</param>
internal readonly record struct LookedUp(KeyUse? Use, StoredEvent? Event);

/// <summary>
/// The reads of delivery-workers; each is repeated while the store is away. What a read found, or that it failed for
/// good, goes into the chat that waits for it. Any thread.
/// </summary>
internal sealed class DeliveryReader
{
    private readonly IHistoryStore _store;
    private readonly StoreCalls _calls;
    private readonly Func<(DecodedEntry Entry, bool IsPast), CancellationToken, ValueTask<LookedUp>> _lookUp;

    public DeliveryReader(IHistoryStore store, StoreCalls calls)
    {
        (_store, _calls) = (store, calls);
        _lookUp = LookUpAsync;
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
    /// <param name="entry">Its first record that waits.</param>
    /// <param name="isPast">History has the record behind it already: if it became an event, that is read too.</param>
    /// <param name="cancellationToken">Ends the read and its repetitions.</param>
    public async Task LookUpAsync(
        HeldChat held, DecodedEntry entry, bool isPast, CancellationToken cancellationToken)
    {
        try
        {
            held.PutLookedUp(await _calls.ReadAsync((entry, isPast), _lookUp, cancellationToken));
        }
        catch (Exception e)
        {
            held.PutFailure(e); // The loop throws it.
        }
    }

    private async ValueTask<LookedUp> LookUpAsync(
        (DecodedEntry Entry, bool IsPast) argument, CancellationToken cancellationToken)
    {
        var (entry, isPast) = argument;
        var key = entry.Key;
        if (await _store.ReadKeyAsync(entry.Chat, key.Sender, key.ClientId, cancellationToken) is not { } use)
            return default;
        if (!isPast || use.Position != entry.Position)
            return new LookedUp(use, null);

        // The key's row has neither the time nor who was added; the event's row has both.
        var found = await _store.ReadEventsAsync(entry.Chat, use.Seq, use.Seq, use.Seq, cancellationToken);
        return new LookedUp(use, found is [{ Event: var stored }] ? stored : null);
    }
}
