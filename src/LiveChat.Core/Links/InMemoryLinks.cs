using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf;

namespace LiveChat.Core.Links;

/// <summary>The twin in memory: nodes of one process that call each other by their addresses. Frames are encoded and
/// decoded as on a wire. Any thread.</summary>
internal sealed class InMemoryLinks
{
    /// <summary>Most frames that wait for a peer.</summary>
    public const int FramesMax = 4_096;

    /// <summary>Most bytes that wait for a peer.</summary>
    public const int BytesMax = 8 * 1024 * 1024;

    private readonly ConcurrentDictionary<string, (LinkHello Hello, Func<ILinkCall, CancellationToken, Task> Serve)>
        _listening = new();

    /// <summary>The network as the node at an address sees it.</summary>
    public ILinkNetwork At(string address) => new Network(this, address);

    private static (Call Caller, Call Called) Pair(LinkHello caller, LinkHello called)
    {
        var (there, back) = (new Way(), new Way());
        return (new Call(called, back, there), new Call(caller, there, back));
    }

    private sealed class Network(InMemoryLinks links, string address) : ILinkNetwork
    {
        public ValueTask<ILinkCall> CallAsync(NodeEntry node, LinkHello mine, CancellationToken cancellationToken)
        {
            if (!links._listening.TryGetValue(node.Address, out var peer))
                throw new IOException($"Nothing listens at {node.Address}.");
            if (peer.Hello.RefusalOf(mine) is { } refusal) throw new LinkRefusedException(refusal);
            var (caller, called) = Pair(mine, peer.Hello);
            called.Served = ServeAsync(peer.Serve, called);
            return ValueTask.FromResult<ILinkCall>(caller);
        }

        public void Listen(LinkHello mine, Func<ILinkCall, CancellationToken, Task> serve) =>
            links._listening[address] = (mine, serve);

        private static async Task ServeAsync(Func<ILinkCall, CancellationToken, Task> serve, ILinkCall call)
        {
            await using (call)
            {
                try
                {
                    await serve(call, CancellationToken.None);
                }
                catch (Exception)
                {
                    // A task that fails ends its own call only.
                }
            }
        }
    }

    /// <summary>One direction of a call. Full means that a frame is refused.</summary>
    private sealed class Way
    {
        private readonly Channel<byte[]> _frames = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(FramesMax)
        {
            SingleReader = true,
            SingleWriter = false,
            AllowSynchronousContinuations = false,
            FullMode = BoundedChannelFullMode.Wait,
        });

        private long _bytes;

        public bool TryWrite(LinkFrame frame)
        {
            var bytes = frame.ToByteArray();
            if (Interlocked.Add(ref _bytes, bytes.Length) <= BytesMax && _frames.Writer.TryWrite(bytes)) return true;
            Interlocked.Add(ref _bytes, -bytes.Length);
            return false;
        }

        public async ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken)
        {
            while (await _frames.Reader.WaitToReadAsync(cancellationToken))
                if (_frames.Reader.TryRead(out var bytes))
                {
                    Interlocked.Add(ref _bytes, -bytes.Length);
                    return LinkFrame.Parser.ParseFrom(bytes);
                }

            return null;
        }

        public void End() => _frames.Writer.TryComplete();
    }

    private sealed class Call(LinkHello peer, Way from, Way to) : ILinkCall
    {
        public LinkHello Peer => peer;

        /// <summary>The serving of this end, which never fails.</summary>
        public Task Served { get; set; } = Task.CompletedTask;

        public bool TryWrite(LinkFrame frame) => to.TryWrite(frame);

        public ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken) =>
            from.ReadAsync(cancellationToken);

        public ValueTask DisposeAsync()
        {
            from.End();
            to.End();
            return ValueTask.CompletedTask;
        }
    }
}
