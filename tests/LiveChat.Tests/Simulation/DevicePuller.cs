using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What the client's puller does, on the simulator's one thread: reads the list of chats when a connection begins
/// afresh, and the missing events of chats that are behind; a page with a hole is asked for again.
/// </summary>
internal sealed class DevicePuller(World world, SimulatedDevice device, DeviceView view, Random random)
{
    private const int PageItems = 7;

    public async Task RunAsync()
    {
        while (!world.IsOver)
        {
            if (device.IsReady && view.Stream.NeedsSync)
                await SyncAsync();
            else if (device.IsReady && view.Stream.TryTakeChat(out var chat))
                await PullAsync(chat);
            else
                await device.ChangeAsync();
        }
    }

    private async Task SyncAsync()
    {
        string? cursor = null;
        do
        {
            if (await device.AskAsync(new SyncGet { Cursor = cursor }) is not Sync page)
            {
                await PauseAsync();
                return;
            }

            view.TakeSync(page);
            cursor = page.Next;
        }
        while (cursor is not null);
    }

    private async Task PullAsync(string chat)
    {
        while (view.Stream.TryBeginPull(chat, out var after, out var head))
        {
            var answer = await device.AskAsync(new HistoryGet
            {
                Chat = chat,
                AfterSeq = after,
                Limit = PageItems,
                MinSeq = head,
                View = "events",
            });
            if (answer is ErrorFrame { Problem.Code: ErrorCode.NotFound })
            {
                view.Stream.Drop(chat);
                return;
            }

            if (answer is not Page page || !await TryTakeAsync(chat, page, after, head))
            {
                await PauseAsync();
                view.Stream.PullAgain(chat);
                return;
            }
        }
    }

    /// <summary>False when the page is not what was asked for.</summary>
    private async Task<bool> TryTakeAsync(string chat, Page page, long after, long head)
    {
        var lineage = view.Stream.Lineage;
        var next = after + 1;
        foreach (var item in page.Items)
        {
            if (item.Seq < next)
                continue;
            if (HasHole(page, next, item.Seq - 1))
                return false;
            await view.PutAsync(item, lineage);
            next = item.Seq + 1;
        }

        if (page.Next is not null)
            return next > after + 1;
        var end = Math.Max(page.HeadSeq, head);
        if ((page.HeadSeq < head && page.Stays.Count == 0) || HasHole(page, next, end))
            return false;
        view.Stream.Advance(chat, end, lineage);
        return true;
    }

    private static bool HasHole(Page page, long from, long to) => from <= to && page.Stays.Any(
        stay => stay.From <= to && (stay.To ?? long.MaxValue) >= from);

    private Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(random.Next(100, 1_500)), world.Time);
}
