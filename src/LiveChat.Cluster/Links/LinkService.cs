using Grpc.Core;
using LiveChat.Core.Links;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Links;

/// <summary>The called end: checks who calls, and hands the call to whom <see cref="Serve"/> named. At most
/// <see cref="LinkOptions.UnprovenMax"/> calls are in their beginning; more are refused. Any thread.</summary>
internal sealed partial class LinkService(
    LinkOptions options, LinkCounters counters, TimeProvider time, ILogger<LinkService> logger)
    : NodeLinks.NodeLinksBase, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private volatile Served? _served;
    private int _unproven;

    public void Serve(LinkHello mine, Func<ILinkCall, CancellationToken, Task> serve) =>
        _served = new Served(mine, serve);

    /// <summary>Ends all calls; the listener waits for them.</summary>
    public Task StopAsync() => _stop.CancelAsync();

    /// <summary>After the listener.</summary>
    public void Dispose() => _stop.Dispose();

    public override async Task Call(
        IAsyncStreamReader<LinkMessage> requestStream,
        IServerStreamWriter<LinkMessage> responseStream,
        ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, _stop.Token);
        var streams = new LinkStreams(requestStream, responseStream, static () => default);
        if (await OpenAsync(streams, context.Peer, ended.Token) is not (var served, var peer)) return;
        await using var call = new GrpcLinkCall(peer, streams, counters, time, ended.Token);
        try
        {
            await served.Run(call, _stop.Token); // The end of the call shows in its frames.
        }
        catch (Exception e) when (LinkErrors.IsEnd(e))
        {
            // The call is over.
        }
        catch (InvalidDataException damaged)
        {
            LogDamaged(peer.Node, damaged.Message);
        }
        catch (Exception failure)
        {
            LogFailed(peer.Node, failure);
        }
    }

    private async Task<(Served Served, LinkHello Peer)?> OpenAsync(
        LinkStreams streams, string address, CancellationToken cancellationToken)
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timeout = new CancellationTokenSource(LinkOptions.OpeningMax, time);
        await using var _ = timeout.Token.Register(within.Cancel);
        try
        {
            if (Interlocked.Increment(ref _unproven) > LinkOptions.UnprovenMax)
                throw new LinkRefusedException("Too many calls are in their beginning.");
            var served = _served;
            var (peer, isProbe) = await LinkOpenings.AnswerAsync(
                served?.Mine,
                LinkSecret.Read(options.SecretFile),
                opening => streams.WriteAsync(opening, within.Token),
                () => streams.ReadAsync(within.Token));
            if (!isProbe) return (served!, peer);
            LogProbed(address, peer.Node);
        }
        catch (Exception e) when (e is LinkRefusedException or InvalidDataException)
        {
            counters.RefusedCall();
            LogRefused(address, e.Message);
        }
        catch (Exception e) when (LinkErrors.IsEnd(e))
        {
            if (cancellationToken.IsCancellationRequested) return null;
            counters.RefusedCall();
            LogRefused(address, $"The call ended at its beginning: {LinkErrors.Text(e)}");
        }
        finally
        {
            Interlocked.Decrement(ref _unproven);
        }

        return null;
    }

    [LoggerMessage(11201, LogLevel.Warning, "Refused a link from {Address}. {Reason}")]
    private partial void LogRefused(string address, string reason);

    [LoggerMessage(11202, LogLevel.Error, "The link of {Node} ended by a failure of this node.")]
    private partial void LogFailed(string node, Exception exception);

    [LoggerMessage(11204, LogLevel.Warning, "The link of {Node} ended by a damaged frame. {Reason}")]
    private partial void LogDamaged(string node, string reason);

    [LoggerMessage(
        11203,
        LogLevel.Information,
        "livechat doctor of {Node} asked from {Address} whether it would get a link: yes.")]
    private partial void LogProbed(string address, string node);

    private sealed record Served(LinkHello Mine, Func<ILinkCall, CancellationToken, Task> Run);
}
