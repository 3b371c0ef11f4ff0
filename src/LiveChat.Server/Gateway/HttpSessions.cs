using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using LiveChat.Core.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Gateway;

/// <summary>
/// The sessions of a node that are carried by requests, by their keys. One timer looks every second for those that
/// nobody reads any more. Their number is that of the node's connections, which the node limits. Any thread.
/// </summary>
internal sealed partial class HttpSessions : IAsyncDisposable
{
    /// <summary>The header in which the key stands. Never in the address: addresses are logged.</summary>
    public const string Header = "LiveChat-Session";

    private const int KeyDigits = 32;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<UInt128, HttpSession> _sessions = new();
    private readonly TimeProvider _time;
    private readonly ILogger<HttpSessions> _logger;
    private readonly ITimer _timer;
    private Task _ending = Task.CompletedTask;

    public HttpSessions(TimeProvider time, ILogger<HttpSessions> logger)
    {
        (_time, _logger) = (time, logger);
        _timer = time.CreateTimer(static all => ((HttpSessions)all!).EndGone(), this, LookEvery, LookEvery);
    }

    /// <summary>How many have signed in, with an event stream and with polls.</summary>
    public (int Streams, int Polls) Count()
    {
        var (streams, polls) = (0, 0);
        foreach (var (_, session) in _sessions)
        {
            if (session is { IsSignedIn: true, IsStream: true }) streams++;
            else if (session.IsSignedIn) polls++;
        }

        return (streams, polls);
    }

    /// <summary>A session with a new key.</summary>
    public HttpSession Add(Connection connection)
    {
        Span<byte> random = stackalloc byte[KeyDigits / 2];
        RandomNumberGenerator.Fill(random);
        var session = new HttpSession(
            BinaryPrimitives.ReadUInt128BigEndian(random),
            connection,
            ended => _sessions.TryRemove(ended.Key, out _),
            _time);
        _sessions[session.Key] = session;
        return session;
    }

    public static string TextOf(UInt128 key) => key.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>The session whose key the request shows.</summary>
    public bool TryFind(HttpRequest request, [NotNullWhen(true)] out HttpSession? session)
    {
        session = null;
        return request.Headers[Header] is [{ Length: KeyDigits } text]
            && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key)
            && _sessions.TryGetValue(key, out session);
    }

    /// <summary>The node has ended: nobody is told any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _ending;
        await Task.WhenAll(_sessions.Values.Select(EndAsync));
    }

    private void EndGone()
    {
        if (!_ending.IsCompleted) return;
        // In an order of their own: that of the keys is chance, and a run of the simulator could not be repeated.
        var gone = _sessions.Values.Where(static session => session.IsGone())
            .OrderBy(static session => session.SessionNumber).ToList();
        if (gone.Count > 0) _ending = Task.WhenAll(gone.Select(EndAsync));
    }

    private async Task EndAsync(HttpSession session)
    {
        try
        {
            await session.EndAsync();
        }
        catch (Exception failure)
        {
            LogFailed(failure);
        }
    }

    [LoggerMessage(1021, LogLevel.Error, "A session over HTTP could not be ended.")]
    private partial void LogFailed(Exception failure);
}
