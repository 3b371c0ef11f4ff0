namespace LiveChat.Server.Doctor;

/// <summary>How something is that was looked at.</summary>
public enum FindingLevel
{
    /// <summary>Nothing is to be done.</summary>
    Good,

    /// <summary>It works, and may not for long, or not for all.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Bad,
}
