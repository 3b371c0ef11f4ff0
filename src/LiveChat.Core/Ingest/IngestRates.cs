using LiveChat.Core.History;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Ingest;

/// <summary>
/// How fast a user may send and read: a bucket per user, and one per chat that only its members can empty. A user who
/// is not a member, as far as the node knows, has a small one. Called from any thread; the wheel sweeps once a minute.
/// </summary>
internal sealed class IngestRates(RateOptions options, TimingWheel wheel, TimeProvider time) : ITimed
{
    /// <summary>What one token of a chat lets its members be sent, all together.</summary>
    private const long TokenBytes = 64 * 1024;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly TokenBuckets<UserId> _users = new(options.UserPerSecond, options.UserBurst, time);
    private readonly TokenBuckets<ulong> _chats = new(options.ChatPerSecond, options.ChatBurst, time);
    private readonly TokenBuckets<UserId> _requests = new(options.RequestsPerSecond, options.RequestsBurst, time);
    private readonly TokenBuckets<UserId> _reads = new(options.ReadRowsPerSecond, options.ReadRowsBurst, time);
    private long _charged;
    private readonly TokenBuckets<string> _keys = new(options.KeyPerSecond, options.KeyBurst, time);
    private readonly TokenBuckets<UserId> _strangers = new(options.StrangerPerSecond, options.StrangerBurst, time);

    /// <summary>Null when the request, of whatever kind, is not too fast: what a session's frames are counted as.
    /// </summary>
    public Problem? TakeRequest(UserId user) => After(_requests.Take(user));

    /// <summary>Null when the user may read: what the former reads cost is paid back.</summary>
    public Problem? TakeRead(UserId user) => After(_reads.Take(user));

    /// <summary>What the reads of all users have cost.</summary>
    public long ReadRowsCharged => Interlocked.Read(ref _charged);

    /// <summary>Takes what a read has cost, so that the next one may have to wait.</summary>
    public void ChargeRead(UserId user, ReadCost cost)
    {
        Interlocked.Add(ref _charged, cost.Tokens);
        _reads.Charge(user, cost.Tokens);
    }

    /// <summary>The same for a server key that acts for nobody.</summary>
    public Problem? TakeKeyRequest(string key) => After(_keys.Take(key));

    /// <summary>The same for a change that is of no chat.</summary>
    public Problem? Take(UserId user) => After(_users.Take(user));

    public void Start() => wheel.Add(this, SweepInterval);

    /// <summary>Null when the command is not too fast.</summary>
    /// <param name="user">Who commands.</param>
    /// <param name="chat">In which chat; zero is none yet.</param>
    /// <param name="members">How many members the chat has; zero when the user is none.</param>
    /// <param name="bytes">What each of them is sent.</param>
    public Problem? Take(UserId user, ulong chat, int members, int bytes)
    {
        var wait = _users.Take(user);
        if (wait == TimeSpan.Zero && chat != 0)
            wait = members > 0
                ? _chats.Take(chat, 1 + ((long)members * bytes / TokenBytes))
                : _strangers.Take(user);
        return After(wait);
    }

    public TimeSpan? OnDue()
    {
        _users.Sweep();
        _chats.Sweep();
        _strangers.Sweep();
        _requests.Sweep();
        _reads.Sweep();
        _keys.Sweep();
        return SweepInterval;
    }

    private static Problem? After(TimeSpan wait) => wait == TimeSpan.Zero
        ? null
        : Problems.Of(ErrorCode.RateLimited, null, (int)Math.Ceiling(wait.TotalMilliseconds));
}
