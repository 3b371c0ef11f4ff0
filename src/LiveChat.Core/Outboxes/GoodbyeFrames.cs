using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Outboxes;

/// <summary>The goodbye that goes before a close.</summary>
internal static class GoodbyeFrames
{
    /// <param name="code">Why; its rule says the rest.</param>
    /// <param name="afterMs">How long the client waits; null where the rule knows best.</param>
    public static Goodbye Create(CloseCode code, int? afterMs)
    {
        var rule = CloseRule.Of(code);
        return new Goodbye
        {
            Code = (int)code,
            Reason = rule.Name,
            Reconnect = rule.Reconnects,
            AfterMs = afterMs ?? rule.AfterMs,
        };
    }
}
