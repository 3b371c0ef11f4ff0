using System.Security.Cryptography;
using System.Text;

namespace LiveChat.Server.Tokens;

/// <summary>
/// The key under which tokens are signed: the file that the configuration names, or the file <c>secret</c> in the data
/// folder. The latter is made by the server's first run (32 random bytes, readable by the owner only) and by nobody
/// else: with a secret that no server has, tokens would be signed that none takes. A file with fewer bytes
/// is refused, and so is one that looks like an example or a default, repeats itself, or has eight characters in a row
/// that are neighbours on a keyboard or in the alphabet.
/// </summary>
internal static class TokenSecret
{
    public const string FileName = "secret";
    private const int BytesMin = 32;
    private const int BytesMax = 4_096;
    private const int DistinctMin = 10;

    private static readonly string[] Examples =
        ["SECRET", "PASSWORD", "CHANGEME", "CHANGE-ME", "EXAMPLE", "LIVECHAT"];

    private const int NeighboursMax = 7;

    private static readonly string[] Rows =
    [
        "QWERTYUIOP", "QWERTZUIOP", "AZERTYUIOP", "ASDFGHJKL", "ZXCVBNM,./", "0123456789", "1234567890",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "1QAZ2WSX3EDC4RFV5TGB6YHN7UJM8IK9OL0P", "1Q2W3E4R5T6Y7U8I9O0P",
    ];

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where the key lies.</summary>
    public static string PathOf(string dataFolder, TokenOptions options) => Path.GetFullPath(
        options.SecretFile.Length > 0 ? options.SecretFile : Path.Combine(dataFolder, FileName));

    /// <summary>Reads the key. In a data folder it is made when there is none; a file that is named never is.</summary>
    /// <exception cref="InvalidDataException">There is no such file, or it is no key.</exception>
    public static byte[] ReadOrCreate(string dataFolder, TokenOptions options) =>
        options.SecretFile.Length > 0 ? Read(dataFolder, options) : ReadOrCreate(dataFolder);

    /// <summary>Reads the key where it lies.</summary>
    /// <exception cref="InvalidDataException">There is none, or the file is no key.</exception>
    public static byte[] Read(string dataFolder, TokenOptions options)
    {
        if (options.SecretFile.Length == 0) return Read(dataFolder);
        var path = PathOf(dataFolder, options);
        try
        {
            return ReadFile(
                path, $"LiveChat:Tokens:SecretFile names {path}, which is not there: name a file with the secret.");
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"The secret at {path} cannot be read: {closed.Message} Let the user who runs the server read it.",
                closed);
        }
    }

    /// <summary>Reads the key of a data folder, and makes it when there is none.</summary>
    /// <exception cref="InvalidDataException">The file is no key.</exception>
    public static byte[] ReadOrCreate(string dataFolder)
    {
        Directory.CreateDirectory(dataFolder);
        var path = Path.Combine(dataFolder, FileName);
        if (!File.Exists(path)) Create(path);
        return Read(dataFolder);
    }

    /// <summary>Reads the key of a data folder that has one.</summary>
    /// <exception cref="InvalidDataException">There is none, or the file is no key.</exception>
    public static byte[] Read(string dataFolder)
    {
        var path = Path.GetFullPath(Path.Combine(dataFolder, FileName));
        return ReadFile(
            path,
            $"There is no data folder at {Path.GetDirectoryName(path)} that you may read: name the server's with "
            + "--data.");
    }

    private static byte[] ReadFile(string path, string missing)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new InvalidDataException(missing);
        if (file.Length is < BytesMin or > BytesMax)
            throw new InvalidDataException($"The secret at {path} must have {BytesMin} to {BytesMax} bytes.");
        var secret = File.ReadAllBytes(path);
        if (IsGuessable(secret))
            throw new InvalidDataException(
                $"The secret at {path} is not a random one: make one with openssl rand -base64 32, or, in a data "
                + "folder, delete it to have one made.");
        return secret;
    }

    /// <summary>Random bytes, also as hex digits, have more than nine different ones.</summary>
    private static bool IsGuessable(byte[] secret)
    {
        var text = Encoding.Latin1.GetString(secret).TrimEnd('\r', '\n').ToUpperInvariant();
        return text.Distinct().Take(DistinctMin).Count() < DistinctMin
            || Examples.Any(text.Contains)
            || IsRepetition(text)
            || HasNeighbours(text);
    }

    private static bool IsRepetition(string text) => Enumerable.Range(1, text.Length / 2)
        .Any(period => text.AsSpan(period).SequenceEqual(text.AsSpan(0, text.Length - period)));

    private static bool HasNeighbours(string text)
    {
        string[] rows = [.. Rows, .. Rows.Select(static row => new string([.. row.Reverse()]))];
        return Enumerable.Range(0, Math.Max(0, text.Length - NeighboursMax))
            .Select(at => text.Substring(at, NeighboursMax + 1))
            .Any(part => rows.Any(row => row.Contains(part, StringComparison.Ordinal)));
    }

    /// <summary>Written aside and moved: a crash leaves no half of a key, and no other process's key is lost.</summary>
    private static void Create(string path)
    {
        var aside = $"{path}.{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(aside, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(BytesMin));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(aside, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(aside);
        }
    }
}
