using LiveChat.Client;

namespace LiveChat.Cli.Chat;

/// <summary>
/// Markers that have risen and are to be sent: the highest of each chat, since a higher one says all that a lower one
/// does. Raised by the session's loop, sent by its mark task; the lock keeps the two sets.
/// </summary>
internal sealed class ChatMarks(LiveChatClient client)
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Delivered, long Read)> _risen = [];
    private readonly Dictionary<string, (long Delivered, long Read)> _sent = [];

    /// <summary>Everything up to here reached this device.</summary>
    public void Delivered(string chat, long seq) => Raise(chat, seq, 0);

    /// <summary>Everything up to here was on the screen.</summary>
    public void Read(string chat, long seq) => Raise(chat, 0, seq);

    /// <summary>Sends what has risen; what cannot be sent in time is sent with the next rise.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        KeyValuePair<string, (long Delivered, long Read)>[] risen;
        lock (_lock)
        {
            risen = [.. _risen];
            _risen.Clear();
        }

        foreach (var (chat, (delivered, read)) in risen)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(SendTimeout);
            try
            {
                await client.MarkAsync(
                    chat, delivered > 0 ? delivered : null, read > 0 ? read : null, patience.Token);
                lock (_lock) _sent[chat] = (delivered, read);
            }
            catch (Exception failed) when (failed is LiveChatRefusedException
                || (failed is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // A marker is a convenience: no reason to bother the user.
            }
        }
    }

    private void Raise(string chat, long delivered, long read)
    {
        lock (_lock)
        {
            var sent = _sent.GetValueOrDefault(chat);
            if (delivered <= Math.Max(sent.Delivered, sent.Read) && read <= sent.Read) return;
            var risen = _risen.GetValueOrDefault(chat);
            _risen[chat] = (Math.Max(risen.Delivered, delivered), Math.Max(risen.Read, read));
        }
    }
}
