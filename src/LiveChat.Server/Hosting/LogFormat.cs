namespace LiveChat.Server.Hosting;

/// <summary>How a line of the log looks.</summary>
internal enum LogFormat
{
    /// <summary>For people: time, level, who says it, what.</summary>
    Text = 0,

    /// <summary>For programs: an object a line.</summary>
    Json = 1,
}
