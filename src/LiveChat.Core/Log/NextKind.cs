#if LIVECHAT_NEXT_RULES
namespace LiveChat.Core.Log;

/// <summary>A kind of record that only the next build knows: a message that begins with <see cref="Sign"/>. It is in no
/// build but that of the test of two builds side by side. Pure; any thread.</summary>
internal static class NextKind
{
    /// <summary>The rules number that it begins with: the one behind the highest.</summary>
    public const ushort Rules = 5;

    /// <summary>The kind in the envelope.</summary>
    public const byte Number = 20;

    private const string Sign = "next:";

    public static bool Has(Record record) =>
        record.BodyCase is Record.BodyOneofCase.Message
        && record.Message.Body.Text.StartsWith(Sign, StringComparison.Ordinal);
}
#endif
