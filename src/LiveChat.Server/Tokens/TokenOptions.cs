using System.ComponentModel.DataAnnotations;

namespace LiveChat.Server.Tokens;

/// <summary>Which tokens name a user, and who issues them.</summary>
internal sealed class TokenOptions : IValidatableObject
{
    /// <summary>What stands in <c>iss</c>.</summary>
    [Required]
    [StringLength(256)]
    public string Issuer { get; set; } = "livechat";

    /// <summary>What stands in <c>aud</c>.</summary>
    [Required]
    [StringLength(256)]
    public string Audience { get; set; } = "livechat";

    /// <summary>A file with the secret; empty: the file <c>secret</c> of the data folder, which the first start makes.
    /// All servers of an installation have the same secret. A secret has 32 to 4,096 random bytes; the named file must
    /// be there, and is read at the start.</summary>
    public string SecretFile { get; set; } = "";

    /// <summary>
    /// Where the public keys of the issuer are (a JWKS; https, or loopback): then tokens are signed with RS256 or ES256
    /// and by nothing else. None means HS256 with the secret.
    /// </summary>
    public string KeysUrl { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (KeysUrl.Length > 0 && !JwksKeys.IsAllowed(KeysUrl))
            yield return new ValidationResult(
                "Tokens:KeysUrl must be an https address, or one of this machine.", [nameof(KeysUrl)]);
    }
}
