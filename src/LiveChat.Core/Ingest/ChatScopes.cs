using Google.Protobuf;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Ingest;

/// <summary>What a chat's creation claims: a direct chat its pair of users, any other its creator and client id.
/// </summary>
internal static class ChatScopes
{
    public static string Direct(string one, string other) =>
        string.CompareOrdinal(one, other) < 0 ? $"d:{one}:{other}" : $"d:{other}:{one}";

    public static string Group(UserId creator, ClientId clientId) => $"g:{creator}:{clientId}";

    /// <summary>The claim that a creation in the log was made from.</summary>
    public static (string Scope, ChatClaim Claim) Of(Record creation)
    {
        var creator = UserId.OfRecord(creation.Sender);
        if (!ClientId.TryCreate(new Guid(creation.ClientId.Span, bigEndian: true), out var clientId))
            throw new InvalidDataException($"The creation of chat {creation.Chat} has no client id.");
        var scope = creation.Created.Direct
            ? Direct(creation.Sender, creation.Created.Members[0])
            : Group(creator, clientId);
        return (scope, new ChatClaim(new ChatId(creation.Chat), creator, clientId, creation.Created.ToByteArray()));
    }
}
