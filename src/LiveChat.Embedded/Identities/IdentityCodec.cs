using System.Text;
using LiveChat.Core.Identities;
using LiveChat.Embedded.History;
using LiveChat.Protocol.Ids;

namespace LiveChat.Embedded.Identities;

/// <summary>
/// The values of the rows of users and keys: numbers big-endian, then texts, each behind its length. A user's row may
/// end behind the first number: so it was before users had more than a time.
/// </summary>
internal static class IdentityCodec
{
    private const long DisabledFlag = 1;
    private const long HiddenFlag = 2;
    private const int UserNumbersBytes = 24;

    public static byte[] User(UserRow row) =>
    [
        .. RowCodec.Numbers(
            row.CreatedMs,
            row.RevokedBeforeMs,
            (row.IsDisabled ? DisabledFlag : 0) | (row.IsHidden ? HiddenFlag : 0)),
        .. Text(row.Name), .. Text(row.Custom),
    ];

    public static UserRow ReadUser(UserId user, ReadOnlySpan<byte> bytes)
    {
        var row = new UserRow(user) { CreatedMs = RowCodec.Number(bytes, 0) };
        if (bytes.Length < UserNumbersBytes) return row;
        var flags = RowCodec.Number(bytes, 2);
        var texts = bytes[UserNumbersBytes..];
        return row with
        {
            RevokedBeforeMs = RowCodec.Number(bytes, 1),
            IsDisabled = (flags & DisabledFlag) != 0,
            IsHidden = (flags & HiddenFlag) != 0,
            Name = TakeText(ref texts),
            Custom = TakeText(ref texts),
        };
    }

    public static byte[] Key(ApiKey key) =>
    [
        .. RowCodec.Numbers(key.CreatedMs, key.IsDisabled ? DisabledFlag : 0),
        .. Text(key.SecretHash), .. Text(key.Name),
    ];

    public static ApiKey ReadKey(string id, ReadOnlySpan<byte> bytes, long lastUsedMs)
    {
        var texts = bytes[16..];
        var hash = TakeText(ref texts) ?? "";
        return new ApiKey(id, TakeText(ref texts) ?? "", hash)
        {
            CreatedMs = RowCodec.Number(bytes, 0),
            IsDisabled = (RowCodec.Number(bytes, 1) & DisabledFlag) != 0,
            LastUsedMs = lastUsedMs,
        };
    }

    private static byte[] Text(string? text) => text is null
        ? RowCodec.Numbers(0)
        : [.. RowCodec.Numbers(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    /// <summary>No text is empty: what has no length is absent.</summary>
    private static string? TakeText(ref ReadOnlySpan<byte> bytes)
    {
        var length = (int)RowCodec.Number(bytes, 0);
        var text = length == 0 ? null : Encoding.UTF8.GetString(bytes.Slice(8, length));
        bytes = bytes[(8 + length)..];
        return text;
    }
}
