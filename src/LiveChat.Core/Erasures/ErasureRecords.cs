using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Erasures;

/// <summary>
/// The records that erase what a user left in a chat. The client id of each follows from the erasure and from what the
/// record acts on: a record that is written again, after a crash or by another node, is a duplicate. Pure; any thread.
/// </summary>
internal sealed class ErasureRecords(Erasure erasure, ChatId chat)
{
    /// <summary>Takes a message back.</summary>
    public Record Delete(StoredEvent message) => Of('d', (long)message.Seq, "", record =>
    {
        record.Target = TargetOf(message);
        record.Delete = new Delete();
    });

    /// <summary>Takes a reaction back that was set by the event with this seq.</summary>
    public Record Unreact(StoredEvent message, ReactionRow reaction) => Of('r', reaction.EventSeq, "", record =>
    {
        record.Target = TargetOf(message);
        record.Reaction = new Reaction { Emoji = reaction.Emoji, On = false };
    });

    /// <summary>Makes another member an owner in the place of the user.</summary>
    public Record HandOver(ChatState state, UserId heir) => Of('o', state.Seq, heir.Value, record =>
        record.MemberRole = new MemberRole { User = heir.Value, Role = Role.Owner });

    /// <summary>Ends the stay.</summary>
    public Record Leave(Member stay) => Of('l', stay.FromSeq, "", record =>
        record.MemberRemoved = new MemberRemoved { User = stay.User.Value });

    private Record Of(char kind, long seq, string about, Action<Record> body)
    {
        var record = new Record
        {
            Chat = chat.Value,
            Sender = erasure.User.Value,
            ClientId = ByteString.CopyFrom(KeyOf(kind, seq, about).Value.ToByteArray(bigEndian: true)),
        };
        body(record);
        return record;
    }

    private ClientId KeyOf(char kind, long seq, string about)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(
            Encoding.UTF8.GetBytes($"erase {erasure.User} {erasure.StartedMs} {chat} {kind} {seq} {about}"), hash);
        return ClientId.FromTime(erasure.StartedMs, hash);
    }

    /// <summary>Deletes the chat and removes its members, who must be these.</summary>
    public static Record DeleteChat(ChatState state)
    {
        // Under a key of the chat's own time, which is never ahead.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"delete {state.Chat}"), hash);
        var key = ClientId.FromTime(Snowflake.UnixMilliseconds(state.Chat.Value), hash);
        var record = new Record
        {
            Chat = state.Chat.Value,
            Sender = CommandKey.Server.Value,
            ClientId = ByteString.CopyFrom(key.Value.ToByteArray(bigEndian: true)),
            ChatDeleted = new ChatDeleted(),
        };
        foreach (var member in state.Roster.Members) record.ChatDeleted.Members.Add(member.User.Value);
        return record;
    }

    private static Target TargetOf(StoredEvent message) =>
        new() { Seq = message.Seq, Sender = message.Record.Sender, IsMessage = true };
}
