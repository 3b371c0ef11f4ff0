using System.Collections.Concurrent;

namespace LiveChat.Loads.Chats;

/// <summary>The chats that a load made, so that they can be deleted behind it. Any thread; one entry a chat.</summary>
internal sealed class MadeChats
{
    private readonly ConcurrentQueue<string> _chats = new();

    /// <summary>All of them, in the order in which they were made.</summary>
    public IReadOnlyCollection<string> All => _chats;

    /// <summary>Notes a chat that the server has acknowledged.</summary>
    public void Note(string chat) => _chats.Enqueue(chat);
}
