using System.Diagnostics.Metrics;

namespace LiveChat.Tests.Sessions;

/// <summary>Reads one observable counter of one meter.</summary>
internal sealed class MeasuredSum : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _sum;

    public MeasuredSum(Meter meter, string instrument)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (ReferenceEquals(published.Meter, meter) && published.Name == instrument)
                listener.EnableMeasurementEvents(published);
        };
        _listener.SetMeasurementEventCallback<long>((_, measured, _, _) => _sum += measured);
        _listener.Start();
    }

    public long Read()
    {
        _sum = 0;
        _listener.RecordObservableInstruments();
        return _sum;
    }

    public void Dispose() => _listener.Dispose();
}
