using System.Security.Cryptography;
using System.Text;

namespace LiveChat.Cluster.Links;

/// <summary>
/// The secret that the nodes of a cluster share, a line of a file. It is never sent: each end proves that it knows it,
/// by an HMAC over what both have said. A second line is taken too, so that the secret can be changed node by node.
/// The file is read for each call anew.
/// </summary>
internal sealed class LinkSecret
{
    /// <summary>Characters of a secret, at least: 256 bits in hex, or in base64 with its padding cut.</summary>
    public const int LengthMin = 43;

    /// <summary>Bytes of a nonce.</summary>
    public const int NonceBytes = 32;

    private const int SecretsMax = 2;

    private readonly byte[][] _secrets;

    private LinkSecret(byte[][] secrets) => _secrets = secrets;

    /// <summary>Reads the file; null when none is named.</summary>
    /// <exception cref="InvalidDataException">It cannot be read, or has no secret that is long enough.</exception>
    public static LinkSecret? Read(string? path)
    {
        if (path is null) return null;
        string[] lines;
        try
        {
            lines = [.. File.ReadLines(path).Take(SecretsMax + 1).Select(static line => line.Trim())];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The secret of the links cannot be read: {e.Message}", e);
        }

        var secrets = lines.Where(static line => line.Length > 0).ToList();
        if (secrets.Count is 0 or > SecretsMax || secrets.Any(static secret => secret.Length < LengthMin))
            throw new InvalidDataException(
                $"{path} must have one line with the secret of the links, or two while it is changed, of at least "
                + $"{LengthMin} characters each: openssl rand -hex 32 makes one.");
        return new LinkSecret([.. secrets.Select(Encoding.UTF8.GetBytes)]);
    }

    /// <summary>Proves that this end knows the secret.</summary>
    public byte[] Prove(LinkTranscript said) => HMACSHA256.HashData(_secrets[0], said.Bytes);

    /// <summary>Whether the other end has proved it.</summary>
    public bool Accepts(ReadOnlySpan<byte> proof, LinkTranscript said)
    {
        var holds = false;
        foreach (var secret in _secrets)
            holds |= CryptographicOperations.FixedTimeEquals(proof, HMACSHA256.HashData(secret, said.Bytes));
        return holds;
    }
}
