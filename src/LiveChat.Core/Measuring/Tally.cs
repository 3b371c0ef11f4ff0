using System.Collections.Frozen;
using System.Diagnostics.Metrics;

namespace LiveChat.Core.Measuring;

/// <summary>
/// A counter by one label, whose values are known from the start. Each value is there from the start, with 0: an alert
/// on a number that is not there does not fire. Any thread.
/// </summary>
internal sealed class Tally
{
    private readonly FrozenDictionary<string, int> _places;
    private readonly KeyValuePair<string, object?>[][] _tags;
    private readonly long[] _counts;

    /// <param name="label">The label.</param>
    /// <param name="values">All its values.</param>
    /// <param name="tags">What is said of each of them besides.</param>
    public Tally(string label, IEnumerable<string> values, params KeyValuePair<string, object?>[] tags)
    {
        string[] all = [.. values];
        _places = all.Index().ToFrozenDictionary(static place => place.Item, static place => place.Index);
        _tags = [.. all.Select(value => tags.Append(new KeyValuePair<string, object?>(label, value)).ToArray())];
        _counts = new long[all.Length];
    }

    /// <exception cref="KeyNotFoundException">It is not one of the values.</exception>
    public void Add(string value) => Interlocked.Increment(ref _counts[_places[value]]);

    /// <summary>All values and how often each was counted.</summary>
    public IEnumerable<Measurement<long>> Measure()
    {
        for (var place = 0; place < _counts.Length; place++)
            yield return new Measurement<long>(Interlocked.Read(ref _counts[place]), _tags[place]);
    }
}
