using System.ComponentModel.DataAnnotations;

namespace LiveChat.Core.Sessions;

/// <summary>How long sessions may be silent, and how much they may say.</summary>
internal sealed class SessionOptions
{
    /// <summary>Seconds within which the first frame must come.</summary>
    [Range(1, 300)]
    public int ConnectSeconds { get; set; } = 10;

    /// <summary>Seconds between two pings; less than the 60 for which an answer makes a user online.</summary>
    [Range(1, 45)]
    public int PingSeconds { get; set; } = 30;

    /// <summary>Seconds without any frame after which the session is closed.</summary>
    [Range(2, 600)]
    public int SilenceSeconds { get; set; } = 60;

    /// <summary>Frames per second that a session may send, long term.</summary>
    [Range(1, 1_000_000)]
    public int FramesPerSecond { get; set; } = 100;

    /// <summary>Frames that a session may send at once; one more closes it.</summary>
    [Range(1, 1_000_000)]
    public int FramesBurst { get; set; } = 500;

    /// <summary>Sessions that a user may have on a node; one more closes an old one of the same device, or else the one
    /// that has been silent longest.</summary>
    [Range(1, 1_000)]
    public int DevicesMax { get; set; } = 16;

    /// <summary>Connections that the node takes.</summary>
    [Range(1, 1_000_000)]
    public int ConnectionsMax { get; set; } = 100_000;

    /// <summary>Chats that changed, up to which a resume names them; with more it is a full sync.</summary>
    [Range(1, 10_000)]
    public int BehindMax { get; set; } = 500;

    /// <summary>Days that a position to resume from is good for.</summary>
    [Range(1, 365)]
    public int ResumeDays { get; set; } = 7;
}
