using System.Diagnostics;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Core.Ingest;

/// <summary>
/// The users whom a record makes members: of a creation the creator too, who need not be the one who asks for it now.
/// Other commands that name a user act on members alone. Pure.
/// </summary>
internal static class AddedUsers
{
    public static IReadOnlyList<UserId> Of(Record record) => record.BodyCase switch
    {
        Kind.Created => [UserId.OfRecord(record.Sender), .. record.Created.Members.Select(UserId.OfRecord)],
        Kind.MembersAdded => [.. record.MembersAdded.Users.Select(UserId.OfRecord)],
        Kind.Message or Kind.Edit or Kind.Delete or Kind.Reaction or Kind.MemberRemoved or Kind.MemberRole
            or Kind.Settings or Kind.ChatDeleted => [],
        Kind.None or _ => throw new UnreachableException("The envelope refuses unknown kinds."),
    };
}
