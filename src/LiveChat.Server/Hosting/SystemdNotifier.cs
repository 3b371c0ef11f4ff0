using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>
/// Tells systemd how far the server is, as sd_notify(3) has it: so that a unit of <c>Type=notify</c> is started when
/// the server takes sessions. Each word is a datagram; one that cannot be sent is logged, and ends nothing. Any
/// thread.
/// </summary>
/// <param name="address">The path of the socket; <c>@</c> begins an abstract one. Null: it is not systemd.</param>
/// <param name="logger">Hears of words that could not be sent.</param>
internal sealed partial class SystemdNotifier(string? address, ILogger<SystemdNotifier> logger)
{
    private const string Variable = "NOTIFY_SOCKET";

    /// <summary>The one that started this process.</summary>
    public static SystemdNotifier OfProcess(ILoggerFactory loggers) =>
        new(Environment.GetEnvironmentVariable(Variable), loggers.CreateLogger<SystemdNotifier>());

    /// <summary>The server takes sessions at this address.</summary>
    public void SayReady(Uri url) => Send($"READY=1\nSTATUS=Listens on {url}");

    /// <summary>The server goes away.</summary>
    public void SayStopping() => Send("STOPPING=1\nSTATUS=Drains");

    private void Send(string word)
    {
        if (address is null or "") return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            var path = address[0] == '@' ? $"\0{address[1..]}" : address;
            socket.SendTo(Encoding.UTF8.GetBytes(word), new UnixDomainSocketEndPoint(path));
        }
        catch (Exception unheard) when (unheard is SocketException or ArgumentException)
        {
            LogUnheard(unheard.Message);
        }
    }

    [LoggerMessage(8060, LogLevel.Warning, "systemd was not told how far the server is: {Reason}")]
    private partial void LogUnheard(string reason);
}
