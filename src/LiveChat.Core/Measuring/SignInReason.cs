namespace LiveChat.Core.Measuring;

/// <summary>Why a sign-in was refused: the values of a label.</summary>
internal static class SignInReason
{
    public const string Invalid = "invalid";
    public const string Expired = "expired";
    public const string Revoked = "revoked";
    public const string Disabled = "disabled";

    /// <summary>The token could not be checked: the issuer's keys are not there.</summary>
    public const string Unavailable = "unavailable";
    public const string UnknownKey = "unknown_key";

    public static IReadOnlyList<string> All { get; } = [Invalid, Expired, Revoked, Disabled, Unavailable, UnknownKey];
}
