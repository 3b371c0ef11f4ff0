using Microsoft.IdentityModel.Tokens;

namespace LiveChat.Server.Tokens;

/// <summary>The key that a token names; none when nobody has it, or when that cannot be known now.</summary>
internal readonly record struct KeyAnswer(SecurityKey? Key, bool IsUnavailable = false);
