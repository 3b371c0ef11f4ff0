using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace LiveChat.Tests.Measuring;

/// <summary>Hears everything that one meter measures. Any thread.</summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, int> _times = new();
    private readonly ConcurrentDictionary<string, double> _values = new();

    public Measured(Meter meter)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (ReferenceEquals(published.Meter, meter)) listener.EnableMeasurementEvents(published);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The last value of an instrument with a label's value, as <c>name value</c>; of one without labels, as
    /// <c>name</c>.</summary>
    public double Value(string name)
    {
        _listener.RecordObservableInstruments();
        return _values[name];
    }

    /// <summary>Every value of an instrument that is not 0, by label.</summary>
    public IReadOnlyDictionary<string, double> Raised(string name)
    {
        _listener.RecordObservableInstruments();
        return _values
            .Where(value => value.Key.StartsWith($"{name} ", StringComparison.Ordinal) && value.Value != 0)
            .ToDictionary(value => value.Key[(name.Length + 1)..], static value => value.Value);
    }

    /// <summary>How many values an instrument has by label.</summary>
    public int Labels(string name)
    {
        _listener.RecordObservableInstruments();
        return _values.Keys.Count(key => key.StartsWith($"{name} ", StringComparison.Ordinal));
    }

    /// <summary>How often a histogram was told something.</summary>
    public int Times(string name) => _times.GetValueOrDefault(name);

    public void Dispose() => _listener.Dispose();

    private void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = instrument.Name;
        foreach (var (_, said) in tags) key += $" {said}";
        _values[key] = value;
        _times.AddOrUpdate(instrument.Name, 1, static (_, times) => times + 1);
    }
}
