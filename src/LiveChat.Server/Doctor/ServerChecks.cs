using System.Net;
using System.Net.Sockets;
using LiveChat.Server.Hosting;

namespace LiveChat.Server.Doctor;

/// <summary>The running server, as it says of itself; of a stopped one, whether its addresses are free.</summary>
internal static class ServerChecks
{
    private const string Name = "server";
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    /// <param name="options">Where it listens.</param>
    /// <param name="isRunning">Whether a process uses the data folder.</param>
    /// <param name="time">For the wait.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<Finding>> LookAsync(
        ServerOptions options, bool isRunning, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!isRunning)
            return
            [
                new Finding(Name, FindingLevel.Good, "No process of this user uses the data folder."),
                .. new[] { options.Listen, options.Internal }
                    .Where(static address => address.Length > 0)
                    .Select(Port),
            ];
        if (options.Internal.Length == 0)
            return
            [
                new Finding(
                    Name,
                    FindingLevel.Warning,
                    "The server runs, and its address for health and metrics is not known here.",
                    "Give both the server and this command one (LiveChat:Internal, --internal) that only operators "
                    + "reach."),
            ];
        return await AskAsync(options.Internal, time, cancellationToken);
    }

    private static async Task<IReadOnlyList<Finding>> AskAsync(
        string address, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var within = new CancellationTokenSource(AnswerWithin, time);
        await using var both = within.Token.Register(limit.Cancel);
        try
        {
            using var http = new HttpClient();
            using var answer = await http.GetAsync(new Uri(Reachable(address), "/readyz"), limit.Token);
            var lines = (await answer.Content.ReadAsStringAsync(limit.Token))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var first = answer.IsSuccessStatusCode
                ? new Finding(Name, FindingLevel.Good, "The server runs and takes sessions.")
                : new Finding(
                    Name,
                    FindingLevel.Bad,
                    $"The server takes no sessions: {lines.FirstOrDefault()}.",
                    "Its log says why.");
            return [first, .. lines.Skip(1).Select(Refusing)];
        }
        catch (Exception away) when (away is HttpRequestException
            || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return
            [
                new Finding(
                    Name,
                    FindingLevel.Bad,
                    $"A process uses the data folder, and nobody answers at {address}.",
                    "It is starting, hangs, or was started with another LiveChat:Internal: its log says what it does."),
            ];
        }
    }

    /// <summary>A line of <c>/readyz</c>: the state's name, a colon, and why.</summary>
    private static Finding Refusing(string line)
    {
        var (state, reason) = line.Split(": ", 2) is [var name, var why] ? (name, why) : (line, line);
        return new Finding(state, FindingLevel.Bad, reason, "docs/ops/monitoring.md says what each state means.");
    }

    /// <summary>An address that stands for all of the machine's is asked on the loopback.</summary>
    private static Uri Reachable(string address)
    {
        var (host, port) = HostAndPort(address);
        var name = host is null || host.Equals(IPAddress.Any) || host.Equals(IPAddress.IPv6Any)
            ? "127.0.0.1"
            : new Uri(address).Host;
        return new UriBuilder("http", name, port).Uri;
    }

    private static Finding Port(string address)
    {
        var name = $"address {address}";
        var (host, port) = HostAndPort(address);
        try
        {
            using var listener = new TcpListener(host ?? IPAddress.Any, port);
            listener.Start();
            return new Finding(name, FindingLevel.Good, "It is free.");
        }
        catch (SocketException taken)
        {
            return new Finding(
                name,
                FindingLevel.Bad,
                $"It cannot be had: {taken.Message}.",
                "Stop what has it, or take another one.");
        }
    }

    /// <summary>The host is null where it is a name, <c>*</c> or <c>+</c>.</summary>
    private static (IPAddress? Host, int Port) HostAndPort(string address)
    {
        var url = new Uri(address.Replace("://*", "://0.0.0.0", StringComparison.Ordinal)
            .Replace("://+", "://0.0.0.0", StringComparison.Ordinal));
        var host = url.IsLoopback ? IPAddress.Loopback
            : IPAddress.TryParse(url.Host.Trim('[', ']'), out var ip) ? ip
            : null;
        return (host, url.Port);
    }
}
