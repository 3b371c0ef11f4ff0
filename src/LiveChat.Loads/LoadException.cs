using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Loads;

/// <summary>The server did something after which the load cannot go on. The message is a sentence for a person.
/// </summary>
internal sealed class LoadException : Exception
{
    private LoadException(LoadFailure failure, string message) : base(message) => Failure = failure;

    /// <summary>What it was.</summary>
    public LoadFailure Failure { get; }

    /// <summary>A command was refused.</summary>
    public static LoadException Refused(Problem problem) => new(
        problem.Code == ErrorCode.RateLimited
            ? LoadFailure.TooFast
            : LoadFailure.Refused,
        $"{problem.Describe().TrimEnd('.')} ({problem.Code})");

    /// <summary>A session was ended.</summary>
    public static LoadException Closed(int? code) => new(
        code is (int)CloseCode.RateLimited ? LoadFailure.TooFast : LoadFailure.Closed,
        code is null
            ? "The server cut a connection"
            : string.Create(CultureInfo.InvariantCulture, $"The server closed a session with {code}"));

    /// <summary>A session ended by what the connection did, or by bytes that are no frame. Null for anything else.
    /// </summary>
    public static LoadException? Of(Exception failed) => failed switch
    {
        LoadException known => known,
        FormatException or JsonException => new LoadException(
            LoadFailure.Closed, $"The server sent what is no frame: {failed.Message.TrimEnd('.')}"),
        SocketException or IOException => new LoadException(
            LoadFailure.Closed, $"A connection was cut: {failed.Message.TrimEnd('.')}"),
        _ => null,
    };

    /// <summary>A session was not taken.</summary>
    public static LoadException NotTaken(string reason) => new(LoadFailure.Refused, reason);
}
