namespace LiveChat.Core.Ids;

/// <summary>
/// The rows of all node ids, strongly consistent. The contract tests check: of two replacements of one row, also at the
/// same time, one wins; a serial read shows everything that was answered before it. All members may be called from any
/// thread.
/// </summary>
internal interface INodeIdStore
{
    /// <summary>The rows that are there, in no order. A row may be older than the last replacement.</summary>
    /// <exception cref="NodeIdStoreException">The store is away.</exception>
    ValueTask<IReadOnlyList<NodeIdRow>> ReadAllAsync(CancellationToken cancellationToken);

    /// <summary>The row of an id as the last replacement left it; null when there never was one.</summary>
    /// <exception cref="NodeIdStoreException">The store is away.</exception>
    ValueTask<NodeIdRow?> ReadAsync(int id, CancellationToken cancellationToken);

    /// <summary>Puts a row in the place of the former one, durably; false when another one is there.</summary>
    /// <param name="former">What must be there; null: nothing.</param>
    /// <param name="row">The new row, with the id of the former one.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="NodeIdStoreException">The outcome is unknown: the row may be replaced, also later, or never.
    /// </exception>
    ValueTask<bool> TryReplaceAsync(NodeIdRow? former, NodeIdRow row, CancellationToken cancellationToken);

    /// <summary>The clock of the store, Unix milliseconds.</summary>
    /// <exception cref="NodeIdStoreException">The store is away.</exception>
    ValueTask<long> ReadTimeMsAsync(CancellationToken cancellationToken);
}

/// <summary>Who holds a node id.</summary>
/// <param name="Id">The node id, 0 … 1,023.</param>
/// <param name="Name">The node that holds it, or held it last.</param>
/// <param name="Incarnation">The run of that node; null when the run gave the id back.</param>
/// <param name="UntilMs">Only ids with a time below this one may have been issued, Unix milliseconds.</param>
internal sealed record NodeIdRow(int Id, string Name, Guid? Incarnation, long UntilMs);

/// <summary>The store of node ids cannot be reached, or did not say what became of a replacement.</summary>
internal sealed class NodeIdStoreException(string message, Exception? inner = null) : Exception(message, inner);
