using System.Buffers;
using System.Globalization;
using System.Text;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Gateway;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A session over requests, as the client's own transports carry it. One loop reads, by polls and now and then by a
/// stream, and asks again for an answer that got lost; one loop sends what waits. Requests and answers get lost, are
/// late, and come twice. The loops run in the device's process.
/// </summary>
internal sealed class SimulatedRequests : ISimulatedTransport
{
    private const int TriesMax = 3;
    private const int AgainAfterMs = 250;

    /// <summary>How long after the end of its token a session may still be there, and its last answer be repeated.
    /// </summary>
    private static readonly TimeSpan ExpirySlack = TimeSpan.FromSeconds(60);

    private readonly SimulatedNode _node;
    private readonly World _world;
    private readonly Faults _faults;
    private readonly PlantedWire _wire;
    private readonly SimulatedProcess _device = (SimulatedProcess)SynchronizationContext.Current!;
    private readonly Queue<byte[]> _waiting = new();
    private readonly Queue<ServerFrame> _received = new();
    private readonly Signal _changed = new();
    private readonly List<SimulatedRequest> _open = [];
    private Connection? _connection;
    private string? _key;
    private long _acknowledged;
    private bool _hasOpened;
    private bool _isOver;

    public SimulatedRequests(SimulatedNode node, World world, Faults faults, PlantedWire wire) =>
        (_node, _world, _faults, _wire) = (node, world, faults, wire);

    private enum Outcome
    {
        Read,
        Lost,
        Over,
    }

    public DateTimeOffset ExpiresAt { get; set; } = DateTimeOffset.MaxValue;

    public UserId? Forsaken => _isOver && _connection?.Outbox.Closed is null ? _connection?.Session?.User : null;

    /// <summary>The node that requests come to: the one of the session, then its successor, which does not know it.
    /// </summary>
    private SimulatedGateway? Gateway => (_node.Process.IsDead ? _world.Node : _node)?.Gateway;

    public void Send(ClientFrame frame)
    {
        if (_isOver)
            return;
        var bytes = new ArrayBufferWriter<byte>();
        JsonFrames.Write(bytes, frame);
        if (_hasOpened)
        {
            _waiting.Enqueue(bytes.WrittenSpan.ToArray());
            _changed.Set();
            return;
        }

        _hasOpened = true;
        _device.Start(() => LiveAsync(bytes.WrittenSpan.ToArray()));
    }

    public async Task<ServerFrame?> ReceiveAsync()
    {
        while (true)
        {
            if (_received.TryDequeue(out var frame))
            {
                _changed.Set();
                return frame;
            }

            if (_isOver)
                return null;
            await _changed.NextAsync();
        }
    }

    public void Leave(bool silently)
    {
        if (!_isOver && !silently && _key is not null)
            Gateway?.Leave(new SimulatedRequest(_key, []));

        // Without a word the connections may stay half-open.
        End(aborts: !silently || _faults.Upto(1) == 0);
    }

    public void Cut() => _open.ForEach(static request => request.Abort());

    private void End(bool aborts)
    {
        _isOver = true;
        if (aborts)
            Cut();
        _changed.Set();
    }

    /// <summary>Opens the session, and reads it to its end.</summary>
    private async Task LiveAsync(byte[] connect)
    {
        var request = new SimulatedRequest(null, connect);
        var isStream = _faults.Upto(2) == 0;
        await _faults.PauseAsync(millisecondsMax: 10);
        if (Gateway is { } gateway && !_faults.Strike(oneIn: 60))
        {
            gateway.Open(request, isStream, connection => _connection = connection);
            if (await TakeAsync(request, isStream) == Outcome.Read && _key is not null)
                while (await ReadAgainAsync())
                {
                }
        }

        End(aborts: true);
    }

    /// <summary>One answer more; false when there is none.</summary>
    private async Task<bool> ReadAgainAsync()
    {
        for (var attempt = 1; attempt <= TriesMax; attempt++)
        {
            var outcome = await ReadAsync(isStream: _faults.Upto(2) == 0);
            if (outcome != Outcome.Lost)
                return outcome == Outcome.Read;
            await Task.Delay(TimeSpan.FromMilliseconds(AgainAfterMs * attempt), _world.Time);
        }

        return false;
    }

    private async Task<Outcome> ReadAsync(bool isStream)
    {
        // The client asks for more once it has taken what it has.
        while (_received.Count > 0 && !_isOver)
            await _changed.NextAsync();
        await _faults.PauseAsync(millisecondsMax: 10);
        if (_isOver)
            return Outcome.Over;
        if (_faults.Strike(oneIn: 60) || Gateway is not { } gateway)
            return Outcome.Lost;
        var (request, acknowledged) = (new SimulatedRequest(_key, []), _acknowledged);
        if (_faults.Strike(oneIn: 60))
        {
            // It comes behind the next one.
            _device.Start(async () =>
            {
                await _faults.PauseAsync(AgainAfterMs * TriesMax);
                gateway.Read(request, acknowledged, isStream);
            });
            return Outcome.Lost;
        }

        gateway.Read(request, acknowledged, isStream);
        if (_faults.Strike(oneIn: 60))
            gateway.Read(request = new SimulatedRequest(_key, []), acknowledged, isStream);
        return await TakeAsync(request, isStream);
    }

    /// <summary>Takes an answer: a stream's parts as they come, a poll's once they are whole.</summary>
    private async Task<Outcome> TakeAsync(SimulatedRequest request, bool isStream)
    {
        _open.Add(request);
        try
        {
            var whole = new List<byte>();
            while (!_isOver && !request.IsAborted)
            {
                if (request.Take() is { } part)
                {
                    NoteKey(request);
                    if (!isStream)
                        whole.AddRange(part);
                    else if (!await TryTakeEventAsync(request, part))
                        return Outcome.Lost;
                }
                else if (request.IsDone)
                {
                    return request.Problem is null ? TakePoll(request, [.. whole]) : Outcome.Over;
                }
                else
                {
                    await request.ChangeAsync();
                }
            }

            return _isOver ? Outcome.Over : Outcome.Lost;
        }
        finally
        {
                _open.Remove(request);
        }
    }

    /// <summary>With the first part of the first answer comes the key, and what waits can be sent.</summary>
    private void NoteKey(SimulatedRequest request)
    {
        if (_key is not null || request.Context.Response.Headers[HttpSessions.Header] is not [{ } key])
            return;
        _key = key;
        _device.Start(SendWaitingAsync);
    }

    private Outcome TakePoll(SimulatedRequest request, byte[] whole)
    {
        if (request.Context.Response.Headers[HttpReader.Acknowledge] is not [{ } text])
            return Outcome.Read;
        var isLost = _faults.Strike(oneIn: 40);
        if (!isLost || _wire.AcknowledgesLostAnswers)
            _acknowledged = long.Parse(text, CultureInfo.InvariantCulture);
        if (isLost)
            return Outcome.Lost;
        Deliver(whole);
        return Outcome.Read;
    }

    /// <summary>Takes an event of a stream; false when the stream breaks before it.</summary>
    private async Task<bool> TryTakeEventAsync(SimulatedRequest request, byte[] part)
    {
        await _faults.PauseAsync(millisecondsMax: 10);
        if (_faults.Strike(oneIn: 60))
        {
            request.Abort();
            return false;
        }

        var frames = new StringBuilder();
        foreach (var line in Encoding.UTF8.GetString(part).Split('\n'))
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                _acknowledged = long.Parse(line["id: ".Length..], CultureInfo.InvariantCulture);
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                frames.Append(line["data: ".Length..]).Append('\n');
        }

        Deliver(Encoding.UTF8.GetBytes(frames.ToString()));
        while (_received.Count > 0 && !_isOver)
            await _changed.NextAsync();
        return true;
    }

    private void Deliver(ReadOnlyMemory<byte> frames)
    {
        for (var rest = frames; JsonFrames.TryTakeFrame(ref rest, out var line);)
        {
            var frame = JsonFrames.ReadServerFrame(line.Span).Frame
                ?? throw new SimulationException("The node said what nobody can read.");
            _world.Require(
                frame is Goodbye || _world.Time.GetUtcNow() < ExpiresAt + ExpirySlack,
                $"A session outlived its token by a minute.");
            foreach (var passed in _wire.Pass(frame, isFull: false))
                _received.Enqueue(passed);
        }

        _changed.Set();
    }

    /// <summary>Sends what waits, together. What got lost may have had its effect: the session is over.</summary>
    private async Task SendWaitingAsync()
    {
        while (!_isOver)
        {
            if (_waiting.Count == 0)
            {
                await _changed.NextAsync();
                continue;
            }

            byte[] body = [.. _waiting.SelectMany(static frame => frame.Append((byte)'\n'))];
            var request = new SimulatedRequest(_key, body);
            _waiting.Clear();
            await _faults.PauseAsync(millisecondsMax: 5);
            if (_isOver)
                return;
            var isLost = _faults.Strike(oneIn: 150) || Gateway is null;
            if (!isLost)
                Gateway?.Send(request);
            _open.Add(request);
            while (!isLost && !request.IsDone && !request.IsAborted)
                await request.ChangeAsync();
            _open.Remove(request);
            if (isLost || request.IsAborted || request.Problem is not null || _faults.Strike(oneIn: 150))
                End(aborts: true);
        }
    }
}
