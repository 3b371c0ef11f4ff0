using LiveChat.Core.History;

namespace LiveChat.Tests.History;

/// <summary>Both ports of one store that is under test.</summary>
internal abstract class Stores : IAsyncDisposable
{
    public abstract IHistoryStore History { get; }

    public abstract IUserStore Users { get; }

    /// <summary>Closes the store and opens what it left behind.</summary>
    public abstract Task RestartAsync();

    public abstract ValueTask DisposeAsync();
}
