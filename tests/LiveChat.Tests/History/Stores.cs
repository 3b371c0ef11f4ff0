using LiveChat.Core.Contents;
using LiveChat.Core.History;
using LiveChat.Core.Identities;

namespace LiveChat.Tests.History;

/// <summary>The ports of one store that is under test.</summary>
internal abstract class Stores : IAsyncDisposable
{
    public abstract IHistoryStore History { get; }

    public abstract IUserStore Users { get; }

    public abstract IdentityPorts Identities { get; }

    public abstract IErasureStore Erasures { get; }

    public abstract IDeletionStore Deletions { get; }

    /// <summary>Takes chats of another store; servers use it, and memory has none.</summary>
    public virtual IChatTaker Taker => throw new NotSupportedException();

    /// <summary>Closes the store and opens what it left behind.</summary>
    public abstract Task RestartAsync();

    public abstract ValueTask DisposeAsync();
}
