using System.Diagnostics.CodeAnalysis;

namespace LiveChat.Core.Timing;

/// <summary>
/// What happened lately: each entry is kept for at least so long, and for twice as long at most. Full means that it is
/// kept for less. For one thread, or under its owner's lock.
/// </summary>
/// <param name="lasting">How long an entry is kept at least.</param>
/// <param name="max">Half of the entries that are kept at most.</param>
/// <param name="time">The clock.</param>
internal sealed class Recent<TKey, TValue>(TimeSpan lasting, int max, TimeProvider time)
    where TKey : notnull
{
    private Dictionary<TKey, TValue> _young = [];
    private Dictionary<TKey, TValue> _old = [];
    private long _turnedAt = time.GetTimestamp();

    /// <summary>Whether nothing is forgotten for its age at the moment.</summary>
    public Func<bool> Holds { get; set; } = static () => false;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) =>
        _young.TryGetValue(key, out value) || _old.TryGetValue(key, out value);

    public void Set(TKey key, TValue value)
    {
        var isOver = time.GetElapsedTime(_turnedAt) >= lasting && !Holds();
        if (isOver || _young.Count >= max)
            (_old, _young, _turnedAt) = (_young, [], time.GetTimestamp());
        _young[key] = value;
    }
}
