namespace LiveChat.Server.Hosting;

/// <summary>What was opened so far: closed in the opposite order, unless it was kept.</summary>
internal sealed class OpenedParts : IAsyncDisposable
{
    private readonly Stack<object> _parts;

    public OpenedParts()
        : this([])
    {
    }

    private OpenedParts(IEnumerable<object> parts) => _parts = new Stack<object>(parts);

    public T Add<T>(T part)
        where T : notnull
    {
        _parts.Push(part);
        return part;
    }

    /// <summary>Hands all of it over to another one.</summary>
    public OpenedParts Keep()
    {
        var kept = new OpenedParts(_parts.Reverse());
        _parts.Clear();
        return kept;
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            if (part is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else if (part is IDisposable disposable) disposable.Dispose();
        }
    }
}
