using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>A partition that is behind the others.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="TimeMs">The log time up to which it was handed over, less the margin, Unix milliseconds.</param>
internal readonly record struct Straggler(ushort Partition, long TimeMs);

/// <summary>
/// The position to resume from: a start of the store, a log time up to which everything was handed over, and a short
/// list of partitions that are behind it with times of their own. So a slow or stopped partition makes a resume longer
/// for its own chats only. Clients keep it sealed (<see cref="SinceSeal"/>) and must not look into it. It is no
/// credential: it allows nothing that the token does not.
/// </summary>
/// <param name="Start">The start that gave it out.</param>
/// <param name="TimeMs">The log time, Unix milliseconds.</param>
internal readonly record struct Since(ulong Start, long TimeMs)
{
    /// <summary>What is handed to a session stays this far behind the log time that the node has seen.</summary>
    public const long MarginMs = 60_000;

    /// <summary>With more partitions behind, the lowest time counts for all.</summary>
    public const int StragglersMax = 32;

    private readonly Straggler[]? _stragglers;

    /// <summary>Before everything: whoever comes with it does a full sync.</summary>
    public static Since Nothing => default;

    /// <summary>The partitions that are behind, each once, at most <see cref="StragglersMax"/>.</summary>
    public IReadOnlyList<Straggler> Stragglers
    {
        get => _stragglers ?? [];
        init => _stragglers = value.Count == 0 ? null : [.. value];
    }

    /// <summary>The log time that the node had seen when it gave this out.</summary>
    public long HandedMs => TimeMs + MarginMs;

    public bool IsNothing => TimeMs == 0;

    /// <summary>The lowest of its times.</summary>
    public long LowestMs => Stragglers.Select(static straggler => straggler.TimeMs).Append(TimeMs).Min();

    /// <summary>The time that counts for a partition.</summary>
    public long TimeOf(int partition)
    {
        foreach (var straggler in Stragglers)
            if (straggler.Partition == partition)
                return straggler.TimeMs;
        return TimeMs;
    }

    /// <summary>The time that counts for a chat.</summary>
    public long TimeOf(ChatId chat, int partitions) =>
        Stragglers.Count == 0 ? TimeMs : TimeOf(Partitioner.PartitionOf(chat, partitions));

    /// <summary>This, with these partitions no further than in <paramref name="former"/>.</summary>
    public Since HeldBack(IReadOnlyCollection<int> partitions, Since former)
    {
        if (partitions.Count == 0 || IsNothing) return this;
        var times = Stragglers.ToDictionary(static one => (int)one.Partition, static one => one.TimeMs);
        foreach (var partition in partitions)
            times[partition] = Math.Min(TimeOf(partition), former.TimeOf(partition));
        return times.Count <= StragglersMax
            ? this with { Stragglers = [.. times.Select(static one => new Straggler((ushort)one.Key, one.Value))] }
            : new Since(Start, Math.Min(TimeMs, times.Values.Min())); // Nothing, if one has no time at all.
    }
}
