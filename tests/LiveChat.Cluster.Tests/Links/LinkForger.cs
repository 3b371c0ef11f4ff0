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

    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        return default;
    }

    private static Task WriteAsync(
        AsyncDuplexStreamingCall<LinkMessage, LinkMessage> call, LinkOpening opening) =>
        call.RequestStream.WriteAsync(new LinkMessage { Opening = opening });
}
