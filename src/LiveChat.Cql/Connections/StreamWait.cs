namespace LiveChat.Cql.Connections;

/// <summary>
/// Somebody who waits for a free stream, and the one that was granted. Changed under the table's lock only.
/// </summary>
internal sealed class StreamWait() : TaskCompletionSource<short>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public short Stream { get; set; }
}
