using LiveChat.Protocol.Frames;
using LiveChat.Server.Gateway;
using LiveChat.Tests.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A request of a simulated device, and the way of its answer: in order, with little room, so that a device that does
/// not read keeps the node's write waiting. Either end may break it off.
/// </summary>
internal sealed class SimulatedRequest : WriteOnlyStream, IHttpRequestLifetimeFeature
{
    private const int PartsOnTheWayMax = 4;

    private readonly CancellationTokenSource _aborted = new();
    private readonly Queue<byte[]> _parts = new();
    private readonly Signal _changed = new();
    private CancellationToken _requestAborted;

    /// <param name="key">Of the session; null opens one.</param>
    /// <param name="body">What is sent.</param>
    public SimulatedRequest(string? key, byte[] body)
    {
        _requestAborted = _aborted.Token;
        Context.Features.Set<IHttpRequestLifetimeFeature>(this);
        if (key is not null) Context.Request.Headers[HttpSessions.Header] = key;
        Context.Request.Body = new MemoryStream(body);
        Context.Response.Body = this;
    }

    public DefaultHttpContext Context { get; } = new();

    /// <summary>Whether the answer is whole.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Whether there will be no whole answer.</summary>
    public bool IsAborted => _aborted.IsCancellationRequested;

    /// <summary>What the server answered instead.</summary>
    public Problem? Problem { get; private set; }

    public CancellationToken RequestAborted
    {
        get => _requestAborted;
        set => _requestAborted = value;
    }

    /// <summary>The server has answered.</summary>
    public void End(Problem? problem)
    {
        (Problem, IsDone) = (problem, true);
        _changed.Set();
    }

    /// <summary>Ends when more of the answer is there, or none will be.</summary>
    public Task ChangeAsync() => _changed.NextAsync();

    /// <summary>The next part of the answer that has come.</summary>
    public byte[]? Take()
    {
        if (!_parts.TryDequeue(out var part)) return null;
        _changed.Set();
        return part;
    }

    public void Abort()
    {
        _aborted.Cancel();
        _changed.Set();
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_parts.Count >= PartsOnTheWayMax && !IsAborted) await _changed.NextAsync();
        if (IsAborted) throw new IOException("The request was aborted.");
        _parts.Enqueue(buffer.ToArray());
        _changed.Set();
    }

    protected override void Dispose(bool disposing)
    {
        _aborted.Dispose();
        base.Dispose(disposing);
    }
}
