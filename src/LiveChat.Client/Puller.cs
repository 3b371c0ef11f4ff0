using System.Threading.Channels;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Client;

/// <summary>
/// One task that reads the list of chats when a connection begins afresh, and the missing events of chats that are
/// behind, one chat after the other. A chat whose pull fails comes again after a pause with jitter (1 s doubling to
/// 30 s) and holds up no other.
/// </summary>
internal sealed class Puller(
    EventStream stream, ConnectionLoop connections, Retries retries, LiveChatClientOptions options)
{
    private const int PauseDoublingsMax = 5;
    private static readonly TimeSpan Base = TimeSpan.FromSeconds(1);

    private int _listFailures;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await stream.WaitForWorkAsync(cancellationToken).ConfigureAwait(false);
                if (stream.NeedsSync) await SyncAsync(cancellationToken).ConfigureAwait(false);
                while (!stream.NeedsSync && stream.TryTakeChat(out var chat))
                {
                    await TryPullAsync(chat, cancellationToken).ConfigureAwait(false);
                }

                if (stream.NeedsSync) stream.Wake();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The client is disconnected.
        }
        catch (Exception over) when (over is LiveChatStoppedException or ChannelClosedException)
        {
            // There will be no connection to pull over.
        }
        catch (Exception fault)
        {
            connections.Abort(fault);
        }
    }

    /// <summary>
    /// Reads the whole list over one connection: heads that were read over a former one may have moved since.
    /// </summary>
    private async Task SyncAsync(CancellationToken cancellationToken)
    {
        var connection = await connections.ConnectedAsync(cancellationToken).ConfigureAwait(false);
        var query = new SyncGet();
        try
        {
            do
            {
                var answer = await connection.AskAsync(query, options.RequestTimeout, cancellationToken)
                    .ConfigureAwait(false);
                if (answer is not Sync page) throw new UnexpectedAnswerException(answer);
                stream.TakeSync(page);
                query = query with { Cursor = page.Next };
            }
            while (query.Cursor is not null);
            _listFailures = 0;
        }
        catch (Exception failed) when (failed is TimeoutException or ConnectionLostException
            or UnexpectedAnswerException)
        {
            var retry = retries.Note(query, ++_listFailures, failed, Pause(1));
            await Task.Delay(retry.Delay, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TryPullAsync(string chat, CancellationToken cancellationToken)
    {
        var connection = await connections.ConnectedAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await PullAsync(connection, chat, cancellationToken).ConfigureAwait(false);
        }
        catch (UnexpectedAnswerException refused) when (refused.Problem?.Code is ErrorCode.NotFound)
        {
            stream.Drop(chat);
        }
        catch (Exception failed) when (failed is TimeoutException or ConnectionLostException
            or UnexpectedAnswerException)
        {
            if (stream.CountFailure(chat) is not { } failures) return;
            PullLater(chat, retries.Note(new HistoryGet { Chat = chat }, failures, failed, Pause(failures)).Delay);
        }
    }

    private async Task PullAsync(Connection connection, string chat, CancellationToken cancellationToken)
    {
        var lineage = stream.Lineage;
        while (lineage == stream.Lineage && stream.TryBeginPull(chat, out var after, out var head))
        {
            var answer = await connection.AskAsync(
                new HistoryGet
                {
                    Chat = chat,
                    AfterSeq = after,
                    Limit = Limits.PageItemsMax,
                    MinSeq = head,
                    View = HistoryViews.Events,
                },
                options.RequestTimeout,
                cancellationToken).ConfigureAwait(false);
            if (answer is not Page page) throw new UnexpectedAnswerException(answer);

            var next = after + 1;
            foreach (var item in page.Items)
            {
                if (item.Seq < next) continue;
                RefuseHole(page, next, item.Seq - 1);
                await stream.PutAsync(item, lineage, cancellationToken).ConfigureAwait(false);
                next = item.Seq + 1;
            }

            if (page.Next is null)
            {
                // Up to the head there is nothing more for this user. A head below what was announced is late
                // history, unless the user's stays end before.
                if (page.HeadSeq < head && page.Stays.Count == 0) throw new UnexpectedAnswerException(answer);
                RefuseHole(page, next, Math.Max(page.HeadSeq, head));
                stream.Advance(chat, Math.Max(page.HeadSeq, head), lineage);
            }
            else if (next == after + 1)
            {
                throw new UnexpectedAnswerException(answer);
            }
        }
    }

    /// <summary>A page that leaves out events of a stay is not history: it is asked for again.</summary>
    private static void RefuseHole(Page page, long from, long to)
    {
        if (from > to) return;
        foreach (var stay in page.Stays)
        {
            if (stay.From <= to && (stay.To ?? long.MaxValue) >= from) throw new UnexpectedAnswerException(page);
        }
    }

    private void PullLater(string chat, TimeSpan pause)
    {
        ITimer? timer = null;
        timer = options.Time.CreateTimer(
            _ =>
            {
                timer?.Dispose();
                stream.PullAgain(chat);
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        timer.Change(pause, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Pause(int failures) =>
        Base * Math.Pow(2, Math.Min(failures - 1, PauseDoublingsMax)) * (0.5 + (options.Random.NextDouble() / 2));
}
