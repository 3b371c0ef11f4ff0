using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using LiveChat.Protocol.Frames;

namespace LiveChat.Client;

/// <summary>
/// The order of events: per chat one cursor, for all one bounded queue to the application. What comes live is handed
/// over when it is the next of its chat and there is room; else the chat is noted as behind, and the
/// <see cref="Puller"/> fetches from history what is missing. So nothing is kept twice, nothing comes out of order,
/// and a hole lasts no longer than a pull. The reading task calls <see cref="Begin"/> and <see cref="Take"/>, the
/// puller the rest; the lock keeps the cursors, the work and the position to resume from.
/// </summary>
internal sealed class EventStream(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ChatCursor> _chats = [];
    private readonly Queue<string> _behind = new();

    // Full: the puller is told already that there may be work; telling it twice says nothing more.
    private readonly Channel<bool> _work = Channel.CreateBounded<bool>(new BoundedChannelOptions(1)
    {
        FullMode = BoundedChannelFullMode.DropWrite,
        SingleReader = true,
        SingleWriter = false,
        AllowSynchronousContinuations = false,
    });

    // Full: Take notes the chat as behind, the puller waits for room. Nothing is dropped for good.
    private readonly Channel<ChatEvent> _events = Channel.CreateBounded<ChatEvent>(new BoundedChannelOptions(capacity)
    {
        FullMode = BoundedChannelFullMode.Wait,
        SingleReader = false,
        SingleWriter = false,
        AllowSynchronousContinuations = false,
    });

    private readonly TaskCompletionSource _baseline = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _user;
    private string? _epoch;
    private string? _since;
    private bool _needsSync;
    private bool _hasBaseline;

    /// <summary>What the application reads.</summary>
    public ChannelReader<ChatEvent> Events => _events.Reader;

    /// <summary>Done once every chat of the user is known.</summary>
    public Task Baseline => _baseline.Task;

    /// <summary>The position to resume from.</summary>
    public string? Since
    {
        get
        {
            lock (_lock) return _since;
        }
    }

    /// <summary>Which store the cursors belong to; counts up when they become void.</summary>
    public int Lineage { get; private set; }

    /// <summary>A connection begins. True when the server's store is another one than before.</summary>
    public bool Begin(Ready ready)
    {
        lock (_lock)
        {
            var isNewStore = _epoch is not null && _epoch != ready.Epoch;
            if (isNewStore) Forget();
            _user = ready.User;
            _epoch = ready.Epoch;
            _needsSync |= isNewStore || ready.Resume is not ("recovered" or "partial");
            foreach (var chat in ready.Behind ?? []) Note(chat.Chat, chat.HeadSeq);
            if (!_needsSync) _since = ready.Since;
            if (_needsSync) Wake();
            return isNewStore;
        }
    }

    /// <summary>Takes what the server said by itself, in order.</summary>
    public void Take(ServerFrame frame)
    {
        lock (_lock)
        {
            switch (frame)
            {
                case ChatEvent happened:
                    TakeEvent(happened);
                    break;
                case ChatHeadFrame head:
                    Note(head.Chat, head.Seq);
                    break;
                case Ping { Since: { } since } when !_needsSync:
                    // Everything before this frame is handed over or noted by now.
                    _since = since;
                    break;
            }
        }
    }

    /// <summary>The position is void: the next connection begins with a full sync.</summary>
    public void DropSince()
    {
        lock (_lock) _since = null;
    }

    /// <summary>Waits until there may be work for the puller.</summary>
    public ValueTask<bool> WaitForWorkAsync(CancellationToken cancellationToken) =>
        _work.Reader.ReadAsync(cancellationToken);

    /// <summary>Whether the list of chats is to be read.</summary>
    public bool NeedsSync
    {
        get
        {
            lock (_lock) return _needsSync;
        }
    }

    /// <summary>The next chat that is behind.</summary>
    public bool TryTakeChat([NotNullWhen(true)] out string? chat)
    {
        lock (_lock) return _behind.TryDequeue(out chat);
    }

    /// <summary>A page of the list of chats. The last one makes the stream whole.</summary>
    public void TakeSync(Sync page)
    {
        lock (_lock)
        {
            if (page.Epoch != _epoch) return;
            foreach (var chat in page.Items)
            {
                // Before the first list is complete, a chat's past is not missing: it is asked for as history.
                if (!_hasBaseline && !_chats.TryAdd(chat.Chat, new ChatCursor { Applied = chat.HeadSeq }))
                    StartAt(_chats[chat.Chat], chat.HeadSeq);
                Note(chat.Chat, chat.HeadSeq);
            }

            if (page.Next is not null) return;
            _needsSync = false;
            _hasBaseline = true;
            _since = page.Since;
        }

        _baseline.TrySetResult();
    }

    /// <summary>From where and up to where a chat is to be pulled; false when nothing is missing any more.</summary>
    public bool TryBeginPull(string chat, out long after, out long head)
    {
        lock (_lock)
        {
            var cursor = _chats.GetValueOrDefault(chat);
            (after, head) = cursor is null ? (0, 0) : (cursor.Applied, cursor.Head);
            if (cursor is not null && after >= head) cursor.IsBehind = false;
            return after < head;
        }
    }

    /// <summary>Hands a pulled event over; waits for room. Nothing comes of one whose store is not the present one:
    /// the lock holds from the question to the queue.</summary>
    public async ValueTask PutAsync(ChatEvent pulled, int lineage, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_lock)
            {
                if (lineage != Lineage) return;
                if (_events.Writer.TryWrite(pulled))
                {
                    Advance(pulled.Chat, pulled.Seq, lineage);
                    return;
                }
            }

            if (!await _events.Writer.WaitToWriteAsync(cancellationToken).ConfigureAwait(false))
                throw new ChannelClosedException();
        }
    }

    /// <summary>Everything up to here is handed over or outside the user's stays.</summary>
    public void Advance(string chat, long seq, int lineage)
    {
        lock (_lock)
        {
            if (lineage != Lineage || !_chats.TryGetValue(chat, out var cursor)) return;
            cursor.Applied = Math.Max(cursor.Applied, seq);
            cursor.Failures = 0;
        }
    }

    /// <summary>The highest seq of a chat that was seen; pages are to have it.</summary>
    public long? HighestSeen(string chat)
    {
        lock (_lock)
        {
            return _chats.TryGetValue(chat, out var cursor) ? Math.Max(cursor.Applied, cursor.Head) : null;
        }
    }

    /// <summary>Pulling failed: how often in a row; null when the chat is no longer of interest.</summary>
    public int? CountFailure(string chat)
    {
        lock (_lock) return _chats.TryGetValue(chat, out var cursor) ? ++cursor.Failures : null;
    }

    /// <summary>Puts a chat back to the work.</summary>
    public void PullAgain(string chat)
    {
        lock (_lock)
        {
            if (!_chats.TryGetValue(chat, out var cursor)) return;
            cursor.IsBehind = true;
            _behind.Enqueue(chat);
            Wake();
        }
    }

    /// <summary>The user may not see the chat: there is nothing to miss.</summary>
    public void Drop(string chat)
    {
        lock (_lock) _chats.Remove(chat);
    }

    /// <summary>Tells the puller to look.</summary>
    public void Wake() => _work.Writer.TryWrite(true);

    /// <summary>No more events; the application is told why, where that is not its own wish.</summary>
    public void Complete(Exception? reason)
    {
        if (reason is not null) _baseline.TryFail(reason);
        _events.Writer.TryComplete(reason);
    }

    private void TakeEvent(ChatEvent happened)
    {
        if (!_chats.TryGetValue(happened.Chat, out var cursor))
        {
            // A chat that begins for the user with this event, or one that the first list has not named yet.
            var begins = !_hasBaseline || happened is ChatCreated
                || (happened is MemberAdded added && _user is not null && added.Users.Contains(_user));
            cursor = new ChatCursor { Applied = begins ? happened.Seq - 1 : 0 };
            _chats.Add(happened.Chat, cursor);
        }

        if (happened.Seq <= cursor.Applied) return;
        if (!cursor.IsBehind && happened.Seq == cursor.Applied + 1 && _events.Writer.TryWrite(happened))
        {
            cursor.Applied = cursor.Told = happened.Seq;
            return;
        }

        Note(happened.Chat, happened.Seq);
    }

    private void Note(string chat, long head)
    {
        if (!_chats.TryGetValue(chat, out var cursor))
        {
            cursor = new ChatCursor { Applied = _hasBaseline ? 0 : Math.Max(0, head - 1) };
            _chats.Add(chat, cursor);
        }

        cursor.Head = Math.Max(cursor.Head, head);
        if (cursor.Head <= cursor.Applied || cursor.IsBehind) return;
        cursor.IsBehind = true;
        _behind.Enqueue(chat);
        Wake();
    }

    /// <summary>A head that stood for several events may come before the list that is older than all of them: what is
    /// behind starts where the list ends, or where the events end that came before the head. Nothing was pulled yet:
    /// pulls wait for the list.</summary>
    private static void StartAt(ChatCursor cursor, long listed)
    {
        if (cursor.IsBehind) cursor.Applied = Math.Min(cursor.Applied, Math.Max(listed, cursor.Told));
    }

    /// <summary>Also what the application has not read yet: it may never have happened.</summary>
    private void Forget()
    {
        Lineage++;
        while (_events.Reader.TryRead(out _))
        {
            // Nobody is to see it.
        }

        _chats.Clear();
        _behind.Clear();
        _since = null;
        _hasBaseline = false;
    }
}
