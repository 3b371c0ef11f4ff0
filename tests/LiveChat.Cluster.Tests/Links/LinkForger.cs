using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using LiveChat.Cluster.Links;
using LiveChat.Core.Links;

namespace LiveChat.Cluster.Tests.Links;

/// <summary>A caller that does not keep to the rules of a call's beginning.</summary>
internal sealed class LinkForger(int port) : IAsyncDisposable
{
    private const int ChunkBytes = 1024 * 1024;
    private const int ChunksMax = 1_000;

    private static readonly Marshaller<byte[]> AsIs = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    private static readonly Method<byte[], byte[]> Raw = new(
        MethodType.DuplexStreaming, "livechat.links.NodeLinks", "Call", AsIs, AsIs);

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(
        $"http://localhost:{port}", new GrpcChannelOptions { MaxSendMessageSize = int.MaxValue });

    /// <summary>Begins a call with a proof that is made up, and returns the refusal.</summary>
    public async Task<string> OpenAsync(LinkHello hello, byte[] proof)
    {
        using var call = new NodeLinks.NodeLinksClient(_channel).Call();
        await WriteAsync(call, new LinkOpening
        {
            Version = 1, Hello = hello.ToByteString(), Nonce = ByteString.CopyFrom(new byte[32]),
        });
        await call.ResponseStream.MoveNext(CancellationToken.None);
        await WriteAsync(call, new LinkOpening { Version = 1, Proof = ByteString.CopyFrom(proof) });
        await call.ResponseStream.MoveNext(CancellationToken.None);
        return call.ResponseStream.Current.Opening.Refusal;
    }

    /// <summary>Sends messages that are larger than any frame, until the node ends the call.</summary>
    public async Task EndlessAsync()
    {
        using var call = new NodeLinks.NodeLinksClient(_channel).Call();
        try
        {
            for (var i = 1; i < ChunksMax; i++)
                await WriteAsync(call, new LinkOpening { Hello = ByteString.CopyFrom(new byte[i * ChunkBytes]) });
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            return;
        }

        throw new InvalidOperationException("The node takes messages without an end.");
    }

    /// <summary>Begins a call in another version of its beginning, and returns the refusal.</summary>
    public async Task<string> OpenAsync(uint version)
    {
        using var call = new NodeLinks.NodeLinksClient(_channel).Call();
        await WriteAsync(call, new LinkOpening { Version = version });
        await call.ResponseStream.MoveNext(CancellationToken.None);
        return call.ResponseStream.Current.Opening.Refusal;
    }

    /// <summary>Gets a call as a node of the cluster, sends a message of these bytes, and returns what the node says of
    /// it.</summary>
    public async Task<string> SendAsync(NodeEntry node, LinkHello hello, string secretFile, byte[] bytes)
    {
        using var call = _channel.CreateCallInvoker().AsyncDuplexStreamingCall(Raw, null, default);
        await LinkOpenings.CallAsync(
            node,
            hello,
            isProbe: false,
            LinkSecret.Read(secretFile),
            opening => call.RequestStream.WriteAsync(new LinkMessage { Opening = opening }.ToByteArray()),
            async () => await call.ResponseStream.MoveNext(CancellationToken.None)
                ? LinkMessage.Parser.ParseFrom(call.ResponseStream.Current)
                : null);
        var writing = call.RequestStream.WriteAsync(bytes);
        var told = "";
        while (told.Length == 0 && await call.ResponseStream.MoveNext(CancellationToken.None))
            told = LinkMessage.Parser.ParseFrom(call.ResponseStream.Current).Opening?.Refusal ?? "";
        try
        {
            await writing;
        }
        catch (RpcException)
        {
            // The node did not read all of it.
        }

        return told;
    }

    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        return default;
    }

    private static Task WriteAsync(
        AsyncDuplexStreamingCall<LinkMessage, LinkMessage> call, LinkOpening opening) =>
        call.RequestStream.WriteAsync(new LinkMessage { Opening = opening });
}
