using Google.Protobuf;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>What a chat's creation claims: its creator and client id, and then, for a direct chat, the pair of users.
/// </summary>
internal static class ChatScopes
{
    /// <summary>Every creation is claimed by its key, so that a client id makes one chat only.</summary>
    public static string OfKey(UserId creator, ClientId clientId) => $"g:{creator}:{clientId}";

    /// <summary>Two users have one direct chat.</summary>
    public static string OfPair(string one, string other) =>
        string.CompareOrdinal(one, other) < 0 ? $"d:{one}:{other}" : $"d:{other}:{one}";

    /// <summary>Whether the scope is a pair's, not a key's.</summary>
    public static bool IsPair(string scope) => scope.StartsWith("d:", StringComparison.Ordinal);

    /// <summary>The claim that a creation in the log was made from, and all scopes that it holds.</summary>
    /// <exception cref="InvalidDataException">The creation has no client id.</exception>
    public static (IReadOnlyList<string> Scopes, ChatClaim Claim) Of(Record creation)
    {
        var creator = UserId.OfRecord(creation.Sender);
        if (!ClientId.TryCreate(new Guid(creation.ClientId.Span, bigEndian: true), out var clientId))
            throw new InvalidDataException($"The creation of chat {creation.Chat} has no client id.");
        var claim = new ChatClaim(new ChatId(creation.Chat), creator, clientId, creation.Created.ToByteArray());
        var key = OfKey(creator, clientId);
        return creation.Created.Direct
            ? ([key, OfPair(creation.Sender, creation.Created.Members[0])], claim)
            : ([key], claim);
    }
}
