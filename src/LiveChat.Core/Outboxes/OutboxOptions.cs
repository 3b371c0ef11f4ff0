using System.ComponentModel.DataAnnotations;

namespace LiveChat.Core.Outboxes;

/// <summary>How much waits for one slow client, and for all of them.</summary>
internal sealed class OutboxOptions
{
    /// <summary>Bytes of events that one outbox holds before it is switched to heads.</summary>
    [Range(16 * 1024, 16 * 1024 * 1024)]
    public int BytesMax { get; set; } = 256 * 1024;

    /// <summary>Frames that one outbox holds before it is switched to heads.</summary>
    [Range(16, 65_536)]
    public int FramesMax { get; set; } = 2_048;

    /// <summary>Chats whose heads wait in one outbox; above it the session is closed.</summary>
    [Range(16, 65_536)]
    public int HeadsMax { get; set; } = 4_096;

    /// <summary>Bytes that all outboxes of the node hold together.</summary>
    [Range(1024 * 1024, 64L * 1024 * 1024 * 1024)]
    public long NodeBytesMax { get; set; } = 1024L * 1024 * 1024;

    /// <summary>Seconds that a session may stay behind before it is closed.</summary>
    [Range(1, 300)]
    public int GraceSeconds { get; set; } = 10;
}
