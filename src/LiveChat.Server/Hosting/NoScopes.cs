using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>Lines are printed without scopes; Kestrel would keep one for as long as a connection.</summary>
internal sealed class NoScopes : IExternalScopeProvider, IDisposable
{
    public static readonly NoScopes Shared = new();

    public void ForEachScope<TState>(Action<object?, TState> callback, TState state)
    {
    }

    public IDisposable Push(object? state) => this;

    public void Dispose()
    {
    }
}
