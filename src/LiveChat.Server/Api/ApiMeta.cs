using LiveChat.Core.Nodes;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Http;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Api;

/// <summary><c>GET /v1/meta</c>: which server this is and what it takes; asked without a token.</summary>
internal static class ApiMeta
{
    public const string Path = "/v1/meta";

    public static Task WriteAsync(HttpContext context, ReadyLimits limits, MetaFeatures features) =>
        ApiAnswer.WriteAsync(context, Of(limits, features), MetaJsonContext.Default.MetaInfo);

    private static MetaInfo Of(ReadyLimits limits, MetaFeatures features) => new()
    {
        Version = BuildMark.Version,
        Protocols = [Gateway.RealtimeEndpoint.JsonProtocol],
        Limits = new MetaLimits
        {
            FrameBytes = limits.FrameBytes,
            BodyBytes = limits.BodyBytes,
            Members = limits.Members,
            Inflight = limits.Inflight,
            SendPerSecond = limits.SendPerSecond,
            PageItems = Protocol.Limits.PageItemsMax,
        },
        Features = features,
    };
}
