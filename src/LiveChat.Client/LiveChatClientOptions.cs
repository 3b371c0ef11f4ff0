using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Client;

/// <summary>What a client needs to know before it connects.</summary>
public sealed record LiveChatClientOptions
{
    /// <summary>
    /// The server, as <c>http(s)://host[:port]</c>; a path before <c>/v1</c> is kept. The address of the realtime
    /// endpoint that the server prints when it starts, <c>ws://host:port/v1/realtime</c>, does as well.
    /// </summary>
    public required Uri Endpoint { get; init; }

    /// <summary>
    /// Gives a valid token; asked again for every connection, and before the token expires. Returns null or throws
    /// <see cref="UnauthorizedAccessException"/> when there is none to be had, which stops the client. After any other
    /// exception, and when it takes longer than <see cref="TokenTimeout"/>, the client asks again.
    /// </summary>
    public required Func<CancellationToken, ValueTask<string>> TokenProvider { get; init; }

    /// <summary>How long the token provider may take, above 0. Its token is cancelled then.</summary>
    public TimeSpan TokenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The application's name of the device, 1 to 64 characters of <c>[A-Za-z0-9._-]</c>.</summary>
    public string? Device { get; init; }

    /// <summary>How long a command waits for its answer before it is sent again.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many events wait for the application. When it is full, chats are noted as behind and are pulled from
    /// the server's history once there is room: a slow application slows nothing else and misses nothing.
    /// </summary>
    public int EventCapacity { get; init; } = 1024;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The chance in the pauses between two tries; seeded by tests.</summary>
    public Random Random { get; init; } = new(RandomNumberGenerator.GetInt32(int.MaxValue));

    /// <summary>Where the client reports.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
