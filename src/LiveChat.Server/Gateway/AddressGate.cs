using System.Diagnostics.Metrics;
using System.Net;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Gateway;

/// <summary>
/// Lets one address have a bounded number of connections that have not signed in, each for a bounded time: in the
/// transport, before a byte is read, so that silent and deaf ones count too. The connections of a trusted proxy are not
/// limited; a WebSocket through it counts for the address that the proxy names. Full means that one more is closed, or
/// answered 429 behind a proxy. Any thread; the lock keeps the counts.
/// </summary>
internal sealed partial class AddressGate
{
    /// <summary>What whoever comes through a proxy is answered when it is one too many.</summary>
    public static Problem Refusal =>
        Problems.Of(ErrorCode.RateLimited, "The address has too many connections without a session.");

    private const string ForwardedFor = "X-Forwarded-For";
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);

    private readonly ConnectionOptions _options;
    private readonly AddressRanges _proxies;
    private readonly AddressRanges _exempt;
    private readonly TimeProvider _time;
    private readonly ILogger<AddressGate> _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _counts = [];
    private int _count;
    private long _refused;
    private long? _loggedAt;

    /// <exception cref="FormatException">A range cannot be read.</exception>
    public AddressGate(ConnectionOptions options, Meter meter, TimeProvider time, ILogger<AddressGate> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _proxies = Read(options.TrustedProxies);
        _exempt = Read(options.Exempt);
        meter.CreateObservableCounter(
            "livechat.connections.refused",
            () => Volatile.Read(ref _refused),
            "{connection}",
            "Connections that were one too many of their address.");
        meter.CreateObservableGauge(
            "livechat.connections.unsigned", () => _count, "{connection}", "Connections that have not signed in.");
    }

    /// <summary>Around a connection, from when it was accepted until it has ended.</summary>
    public async Task OnConnectionAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        if ((connection.RemoteEndPoint as IPEndPoint)?.Address is not { } address || IsFree(address))
        {
            await next(connection);
            return;
        }

        using var unsigned = TryEnter(address, connection.Abort);
        if (unsigned is null)
        {
            connection.Abort();
            return;
        }

        connection.Features.Set(unsigned);
        await next(connection);
    }

    /// <summary>
    /// Whether a WebSocket may be opened: its own connection is counted already, but for one through a proxy, which
    /// counts from here on.
    /// </summary>
    /// <param name="context">The request for it.</param>
    /// <param name="unsigned">Disposed of when it signs in, or else at its end; null where none is counted.</param>
    public bool TryAdmit(HttpContext context, out UnsignedConnection? unsigned)
    {
        unsigned = context.Features.Get<UnsignedConnection>();
        if (unsigned is not null || ForwardedAddress(context) is not { } address) return true;
        unsigned = TryEnter(address, context.Abort);
        if (unsigned is null) return false;
        context.Response.RegisterForDispose(unsigned);
        return true;
    }

    /// <summary>Whether a request came through a proxy that is trusted.</summary>
    public bool IsThroughProxy(HttpContext context) =>
        context.Request.Headers.ContainsKey(ForwardedFor)
        && context.Connection.RemoteIpAddress is { } peer && _proxies.Contains(peer);

    /// <summary>Gives the place of a connection that has signed in, or has ended, to another one.</summary>
    public void Leave(IPAddress counted)
    {
        lock (_lock)
        {
            _count--;
            if (--_counts[counted] == 0) _counts.Remove(counted);
        }
    }

    private UnsignedConnection? TryEnter(IPAddress address, Action cut)
    {
        var counted = AddressRanges.Counted(address);
        bool isLogged;
        lock (_lock)
        {
            var count = _counts.GetValueOrDefault(counted);
            if (count < _options.UnsignedPerAddress)
            {
                _counts[counted] = count + 1;
                _count++;
                return new UnsignedConnection(
                    this, counted, cut, TimeSpan.FromSeconds(_options.UnsignedSeconds), _time);
            }

            isLogged = _loggedAt is { } at && _time.GetElapsedTime(at) < LogEvery;
            if (!isLogged) _loggedAt = _time.GetTimestamp();
        }

        Interlocked.Increment(ref _refused);
        if (!isLogged) LogRefused(counted, _options.UnsignedPerAddress);
        return null;
    }

    /// <summary>The last address in the list that is none of ours: what stands before it is only what a client says.
    /// </summary>
    private IPAddress? ForwardedAddress(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } peer || !_proxies.Contains(peer)) return null;
        var named = string.Join(',', context.Request.Headers[ForwardedFor].ToArray()).Split(',');
        for (var i = named.Length - 1; i >= 0; i--)
        {
            if (!IPAddress.TryParse(named[i].Trim(), out var address)) return null;
            if (!_proxies.Contains(address)) return _exempt.Contains(address) ? null : address;
        }

        return null;
    }

    private bool IsFree(IPAddress address) => _proxies.Contains(address) || _exempt.Contains(address);

    private static AddressRanges Read(string text) => AddressRanges.TryParse(text, out var ranges, out var wrong)
        ? ranges
        : throw new FormatException($"{wrong} is neither an address nor a range.");

    [LoggerMessage(1020, LogLevel.Warning, "{Address} has {Most} connections that have not signed in: one more is "
        + "refused. If it is a proxy, name it in LiveChat:Connections:TrustedProxies. Said at most once a minute.")]
    private partial void LogRefused(IPAddress address, int most);
}
