using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History.Reading;

/// <summary>
/// What this node has answered to its users that history may not have yet: for each user the position of the last
/// answer in each partition. A list of the user's chats waits for it, so that it is never behind an answer. Any
/// thread; the lock keeps the map. Full (65,536 users whose answers history has not passed) means that all users wait
/// for the answers that found no room.
/// </summary>
internal sealed class AnsweredChanges(HistoryProgress progress, TimeProvider time)
{
    private const int UsersMax = 65_536;
    private const int SweepMin = 1_024;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<UserId, List<(int Partition, Position Position)>> _users = [];
    private readonly Position[] _all = new Position[progress.Partitions];
    private int _sweepAt = SweepMin;
    private long? _swept;

    /// <summary>Called before the user is answered.</summary>
    public void Note(UserId user, int partition, Position position)
    {
        if (position <= progress.Passed(partition)) return;
        lock (_lock)
        {
            if (!_users.TryGetValue(user, out var answered))
            {
                if (_users.Count >= _sweepAt && !WasJustSwept) Sweep();
                if (_users.Count >= UsersMax)
                {
                    if (position > _all[partition]) _all[partition] = position;
                    return;
                }

                _users.Add(user, answered = []);
            }

            var at = answered.FindIndex(one => one.Partition == partition);
            if (at < 0) answered.Add((partition, position));
            else if (position > answered[at].Position) answered[at] = (partition, position);
        }
    }

    /// <summary>True once history has all that the user was answered before the call; false when it has not within
    /// the time.</summary>
    public async ValueTask<bool> WaitAsync(UserId user, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        foreach (var (partition, position) in Answered(user))
            if (!await progress.WaitAsync(
                partition, position, timeout - time.GetElapsedTime(began), cancellationToken))
                return false;
        return true;
    }

    private List<(int Partition, Position Position)> Answered(UserId user)
    {
        lock (_lock)
        {
            var answered = new List<(int Partition, Position Position)>();
            for (var partition = 0; partition < _all.Length; partition++)
                if (_all[partition] > progress.Passed(partition)) answered.Add((partition, _all[partition]));
            if (!_users.TryGetValue(user, out var own)) return answered;
            own.RemoveAll(one => one.Position <= progress.Passed(one.Partition));
            if (own.Count == 0) _users.Remove(user);
            answered.AddRange(own);
            return answered;
        }
    }

    private bool WasJustSwept => _swept is { } at && time.GetElapsedTime(at) < SweepEvery;

    /// <summary>Forgets what history has passed. The next sweep comes when twice as many are left, and a second later
    /// at the earliest: when all is full there is one for many users, and not one for each.</summary>
    private void Sweep()
    {
        _swept = time.GetTimestamp();
        foreach (var (user, answered) in _users)
            if (answered.TrueForAll(one => one.Position <= progress.Passed(one.Partition)))
                _users.Remove(user);
        _sweepAt = Math.Max(SweepMin, Math.Min(2 * _users.Count, UsersMax));
    }
}
