using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Gateway;

namespace LiveChat.Tests.Simulation;

/// <summary>What a node does with requests of sessions, without the limits that stand before it: the server's own
/// sessions, on the node's thread.</summary>
internal sealed class SimulatedGateway(SimulatedNode node, World world, Faults faults, HttpSessions sessions)
{
    private const int BodyBytes = 4 * 1024;

    private readonly List<SimulatedRequest> _open = [];

    /// <summary>Takes a request that opens a session.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isStream">Whether its answer has no end.</param>
    /// <param name="opened">Told of the connection.</param>
    public void Open(SimulatedRequest request, bool isStream, Action<Connection> opened) =>
        Serve(request, async () =>
        {
            if (node.Node.TryOpen() is not { } connection) return Problems.Of(ErrorCode.Unavailable);
            opened(connection);
            var session = sessions.Add(connection);
            using (var body = new MessageBuffer(BodyBytes))
            {
                await HttpBody.ReadAsync(request.Context.Request, body, CancellationToken.None);
                await session.SignInAsync(request.Context, body, CancellationToken.None);
            }

            if (connection.Session is { } signedIn) world.Presence.Hear(signedIn.User);
            return await session.ReadAsync(request.Context, acknowledged: 0, isStream);
        });

    /// <summary>Takes a request that reads.</summary>
    public void Read(SimulatedRequest request, long acknowledged, bool isStream) => Serve(request, async () =>
    {
        if (!sessions.TryFind(request.Context.Request, out var session)) return HttpSession.Unknown();
        Hear(session);
        return await session.ReadAsync(request.Context, acknowledged, isStream);
    });

    /// <summary>Takes a request that brings frames.</summary>
    public void Send(SimulatedRequest request) => Serve(request, async () =>
    {
        if (!sessions.TryFind(request.Context.Request, out var session)) return HttpSession.Unknown();
        Hear(session);
        var problem = await session.ReceiveAsync(request.Context);
        Hear(session);
        return problem;
    });

    /// <summary>Takes a request that says that the device goes.</summary>
    public void Leave(SimulatedRequest request) => Serve(request, async () =>
    {
        if (!sessions.TryFind(request.Context.Request, out var session)) return HttpSession.Unknown();
        await session.LeaveAsync();
        return null;
    });

    /// <summary>The node is gone: nothing more is answered.</summary>
    public void Cut() => _open.ForEach(static request => request.Abort());

    private void Hear(HttpSession session)
    {
        world.Require(session.Outbox.Bytes <= node.OutboxBytesMax, $"An outbox holds {session.Outbox.Bytes} bytes.");
        if (session.Outbox.Closed is null && session.User is { } user) world.Presence.Hear(user);
    }

    private void Serve(SimulatedRequest request, Func<Task<Problem?>> answer)
    {
        _open.Add(request);
        node.Process.Start(() => AnswerAsync(request, answer));
    }

    private async Task AnswerAsync(SimulatedRequest request, Func<Task<Problem?>> answer)
    {
        await faults.PauseAsync(millisecondsMax: 5);
        Problem? problem;
        try
        {
            problem = await answer();
        }
        catch (Exception exception) when (node.Log.HasFailed || exception is ObjectDisposedException)
        {
            problem = Problems.Of(ErrorCode.Internal);
        }

        _open.Remove(request);
        request.End(problem);
    }
}
