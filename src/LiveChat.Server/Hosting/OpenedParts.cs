namespace LiveChat.Server.Hosting;

/// <summary>What was opened so far: closed in the opposite order unless all of it was opened and is kept.</summary>
internal sealed class OpenedParts : IAsyncDisposable
{
    private readonly Stack<object> _parts = new();

    public T Add<T>(T part)
        where T : notnull
    {
        _parts.Push(part);
        return part;
    }

    public void Keep() => _parts.Clear();

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            if (part is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else if (part is IDisposable disposable) disposable.Dispose();
        }
    }
}
