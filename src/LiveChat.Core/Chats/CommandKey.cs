using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Chats;

/// <summary>Under which key a command has its effect once in its chat.</summary>
internal readonly record struct CommandKey(UserId Sender, ClientId ClientId)
{
    /// <summary>The sender of what the server does itself: no user can have this id.</summary>
    public static readonly UserId Server = UserId.OfRecord(".");

    /// <exception cref="FormatException">The record breaks what ingest guarantees.</exception>
    public static CommandKey Of(Record record)
    {
        var bytes = record.ClientId.Span;
        if (bytes.Length != 16 || !ClientId.TryCreate(new Guid(bytes, bigEndian: true), out var clientId))
            throw new FormatException("The client id of a record is a UUIDv7 of 16 bytes.");
        return new CommandKey(UserId.OfRecord(record.Sender), clientId);
    }
}
