using LiveChat.Core.FanOut;
using LiveChat.Core.Presence;
using LiveChat.Core.Workers;

namespace LiveChat.Core.Sessions;

/// <summary>What sessions ask the owner of a chat's partition.</summary>
/// <param name="Chats">What is known of a chat.</param>
/// <param name="Typing">Who types where.</param>
/// <param name="Receipts">How far members have received and read.</param>
/// <param name="Watches">Who watches whose presence, through which chat.</param>
internal sealed record OwnerServices(
    ChatStates Chats, TypingBoard Typing, ReceiptBoard Receipts, PresenceWatches Watches);
