namespace LiveChat.Cql.Connections;

/// <summary>Pending requests for reuse, up to as many as are usual at once; the rest is garbage. Thread-safe.</summary>
internal sealed class RequestPool
{
    private const int CountMax = 1024;

    private readonly Lock _lock = new();
    private readonly Stack<PendingRequest> _free = new();

    public PendingRequest Rent()
    {
        lock (_lock)
        {
            if (_free.TryPop(out var request)) return request;
        }

        return new PendingRequest();
    }

    public void Return(PendingRequest request)
    {
        request.Reset();
        lock (_lock)
        {
            if (_free.Count < CountMax) _free.Push(request);
        }
    }
}
