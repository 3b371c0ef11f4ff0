namespace LiveChat.Client;

/// <summary>The client has no connection and will not get one. The inner exception is the cause, where one was thrown.
/// </summary>
/// <param name="code">The close code, where there was one.</param>
/// <param name="reason">Why, in a few words.</param>
/// <param name="status">The HTTP status with which the server refused the connection, where there was one.</param>
/// <param name="cause">What was thrown, where something was.</param>
public sealed class LiveChatStoppedException(int? code, string reason, int? status = null, Exception? cause = null)
    : Exception(reason, cause)
{
    /// <summary>The close code, where there was one.</summary>
    public int? Code { get; } = code;

    /// <summary>The HTTP status with which the server refused the connection, where there was one.</summary>
    public int? Status { get; } = status;
}
