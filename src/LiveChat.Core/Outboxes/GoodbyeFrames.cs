using System.Text.Json;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Outboxes;

/// <summary>The goodbye that goes before a close.</summary>
internal static class GoodbyeFrames
{
    public static Goodbye Create(CloseCode code, int? afterMs) => new()
    {
        Code = (int)code,
        Reason = JsonNamingPolicy.SnakeCaseLower.ConvertName(code.ToString()),
        Reconnect = (int)code is >= 4000 and < 4500,
        AfterMs = afterMs,
    };
}
