using Google.Protobuf;
using Grpc.Core;

namespace LiveChat.Cluster.Links;

/// <summary>What gRPC throws.</summary>
internal static class LinkErrors
{
    /// <summary>Whether it says only that a call is over. A write to a call that is over is one that was not allowed,
    /// to gRPC.</summary>
    public static bool IsEnd(Exception e) =>
        e is RpcException or IOException or OperationCanceledException or InvalidOperationException;

    /// <summary>Whether it says that a message cannot be read: it is no message, or larger than any may be.</summary>
    public static bool IsDamage(Exception e) => e switch
    {
        RpcException { StatusCode: StatusCode.ResourceExhausted } => true,
        RpcException { Status.DebugException: { } cause } => cause.GetBaseException() is InvalidProtocolBufferException,
        _ => e is InvalidProtocolBufferException,
    };

    /// <summary>The sentence behind it.</summary>
    public static string Text(Exception e) => e switch
    {
        RpcException { Status.DebugException: { } cause } => cause.GetBaseException().Message,
        RpcException rpc => rpc.Status.Detail,
        _ => e.GetBaseException().Message,
    };
}
