using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The users' side of history: what the log cannot repeat is durable before a call returns, ahead of rows that are
/// not synced yet; calls are late or fail for a moment, also after they had their effect.
/// </summary>
internal sealed class SimulatedUserStore(SimulatedDisk<HistoryImage> disk, Faults faults, Plant plant) : IUserStore
{
    /// <summary>Called when markers are stored, before anybody is told.</summary>
    public Action Raised { get; init; } = static () => { };

    public async ValueTask<ChatClaim> ClaimChatAsync(
        string scope, ChatClaim claim, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        if (plant == Plant.KeyOfDirectChatNotClaimed && IsKeyOfDirectChat(scope, claim))
            return claim;
        var held = await disk.Image.Store.ClaimChatAsync(scope, claim, cancellationToken);
        Write(plant == Plant.ClaimNotDurable, image => image.Store.ClaimChatAsync(scope, held, default).AsTask());
        LoseAnswer();
        return plant == Plant.ClaimOfAnother ? held with { Creator = claim.Creator, ClientId = claim.ClientId } : held;
    }

    public async ValueTask<UserChat?> ReadUserChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        return await disk.Image.Store.ReadUserChatAsync(user, chat, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<UserChat>> ReadUserChatsAsync(
        UserId user, ChatId after, int limit, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        var rows = await disk.Image.Store.ReadUserChatsAsync(user, after, limit, cancellationToken);
        return plant == Plant.MarkerGoesBack
            ? [.. rows.Select(row => row.ReadSeq < row.HeadSeq ? row with { ReadSeq = row.ReadSeq / 2 } : row)]
            : rows;
    }

    public async ValueTask<IReadOnlyList<PlacedChat>> ReadChatsByTimeAsync(
        UserId user, ChatOrder order, ChatPlace behind, int limit, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        var placed = await disk.Image.Store.ReadChatsByTimeAsync(user, order, behind, limit, cancellationToken);
        return plant switch
        {
            Plant.MarkerGoesBack => [.. placed.Select(one => one.Row.ReadSeq < one.Row.HeadSeq
                ? one with { Row = one.Row with { ReadSeq = one.Row.ReadSeq / 2 } }
                : one)],
            Plant.ListIsBehind => [.. placed.Select(one => one.Row.HeadSeq > 1
                ? one with { Row = one.Row with { HeadSeq = one.Row.HeadSeq - 1 } }
                : one)],
            _ => placed,
        };
    }

    public async ValueTask<IReadOnlyList<MarkerRaise>> RaiseMarkersAsync(
        IReadOnlyList<MarkerRaise> markers, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        var rose = await disk.Image.Store.RaiseMarkersAsync(markers, cancellationToken);
        Write(plant == Plant.MarkerNotDurable, image => image.Store.RaiseMarkersAsync(markers, default).AsTask());
        Raised();
        LoseAnswer();
        return plant == Plant.ReceiptsGoBack ? markers : rose;
    }

    public async ValueTask<IReadOnlyList<Marker>> ReadMarkersAsync(
        ChatId chat, IReadOnlyCollection<UserId> users, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        return await disk.Image.Store.ReadMarkersAsync(chat, users, cancellationToken);
    }

    private static bool IsKeyOfDirectChat(string scope, ChatClaim claim) =>
        scope.StartsWith("g:", StringComparison.Ordinal) && Created.Parser.ParseFrom(claim.Body.Span).Direct;

    private void Write(bool isForgotten, Action<HistoryImage> write)
    {
        if (isForgotten)
            disk.Write(write);
        else
            disk.WriteThrough(write);
    }

    private void LoseAnswer()
    {
        if (faults.Strike(oneIn: 40))
            throw new HistoryUnavailableException("The answer was lost.");
    }
}
