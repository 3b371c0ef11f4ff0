using System.Security.Cryptography;
using LiveChat.Protocol.Ids;

namespace LiveChat.Server.Tokens;

/// <summary>
/// What the operator shows at the internal port: a token of a minute, signed with a key that is made from the secret
/// of the data folder. So whoever may read that folder may administer the server, and a user's token never does, not
/// even one of an application that has the secret and signs with it.
/// </summary>
internal static class OperatorTokens
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);
    private static readonly UserId Operator = UserId.Parse("operator");

    public static JwtTokens Of(byte[] secret, TimeProvider time) => new(
        HMACSHA256.HashData(secret, "livechat operator"u8), new TokenOptions { Audience = "livechat-operator" }, time);

    public static string Mint(byte[] secret) => Of(secret, TimeProvider.System).Mint(Operator, Lifetime);
}
