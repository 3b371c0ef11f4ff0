using System.Reflection;
using System.Text.Json.Nodes;
using LiveChat.Core.Ingest;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Hosting;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Api;

/// <summary><c>GET /v1/meta</c>: which server this is and what it takes; asked without a token.</summary>
internal static class ApiMeta
{
    private static readonly string Version =
        typeof(ApiMeta).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            .Split('+')[0] ?? "0";

    public static Task WriteAsync(HttpContext context, ReadyLimits limits, ServerOptions options)
    {
        var meta = new JsonObject
        {
            ["version"] = Version,
            ["protocols"] = new JsonArray(Gateway.RealtimeEndpoint.JsonProtocol),
            ["limits"] = new JsonObject
            {
                ["frame_bytes"] = limits.FrameBytes,
                ["body_bytes"] = limits.BodyBytes,
                ["members"] = limits.Members,
                ["inflight"] = limits.Inflight,
                ["send_per_second"] = limits.SendPerSecond,
                ["page_items"] = Protocol.Limits.PageItemsMax,
            },
            ["features"] = new JsonObject
            {
                ["anyone_starts_chats"] = options.Ingest.ChatsStartedBy is ChatStarters.Anyone,
                ["issues_tokens"] = options.Tokens.KeysUrl.Length == 0,
                ["development"] = options.Development,
            },
        };
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(meta.ToJsonString(), context.RequestAborted);
    }
}
