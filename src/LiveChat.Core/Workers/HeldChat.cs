using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Workers;

/// <summary>
/// A chat of which a record waits for a read of the store: it holds back every later record of the chat, and of no
/// other. Owned by the partition's loop; while a read runs, only that touches the result, and the chat comes back to
/// the loop through a queue.
/// </summary>
internal sealed class HeldChat(ChatId id)
{
    private ChatState? _head;
    private LookedUp _lookedUp;
    private Exception? _failure;

    public ChatId Id { get; } = id;

    public Queue<HeldRecord> Records { get; } = [];

    /// <summary>The read that the first record waits for; kept so that it is awaited at the end.</summary>
    public Task Read { get; set; } = Task.CompletedTask;

    /// <summary>A read of the head has ended.</summary>
    public bool HasHead { get; private set; }

    /// <summary>A look-up of the first record's key has ended.</summary>
    public bool HasLookedUp { get; private set; }

    public void PutHead(ChatState? head) => (_head, HasHead) = (head, true);

    public void PutLookedUp(LookedUp found) => (_lookedUp, HasLookedUp) = (found, true);

    public void PutFailure(Exception failure) => (_failure, HasHead, HasLookedUp) = (failure, true, true);

    /// <exception cref="HeldReadFailedException">The read failed for good.</exception>
    public ChatState? TakeHead()
    {
        ThrowIfFailed();
        HasHead = false;
        return _head;
    }

    /// <exception cref="HeldReadFailedException">The read failed for good.</exception>
    public LookedUp TakeLookedUp()
    {
        ThrowIfFailed();
        HasLookedUp = false;
        return _lookedUp;
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
            throw new HeldReadFailedException(_failure);
    }
}

/// <summary>A record that waits for a read, or to be handed over.</summary>
/// <param name="entry">The record.</param>
/// <param name="before">The position of the partition's record before it: up to there nothing is left behind.</param>
internal sealed class HeldRecord(DecodedEntry entry, Position before)
{
    public DecodedEntry Entry { get; } = entry;

    public Position Before { get; } = before;

    /// <summary>It was handed over.</summary>
    public bool IsDone { get; set; }

    /// <summary>The hand-over that runs; kept so that it is awaited at the end.</summary>
    public Task HandOver { get; set; } = Task.CompletedTask;

    /// <summary>Why it could not be handed over.</summary>
    public Exception? Failure { get; set; }
}

/// <summary>The store failed for good, or the worker ends: not the fault of a record.</summary>
internal sealed class HeldReadFailedException(Exception cause) : Exception(cause.Message, cause);
