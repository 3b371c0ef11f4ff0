using System.Globalization;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Http;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Api;

/// <summary>Writes the answer of a command as its route has it: status, tag, location, order of a page.</summary>
internal static class CommandAnswer
{
    public static Task WriteAsync(HttpContext context, ApiRoute route, ServerFrame answer)
    {
        var headers = context.Response.Headers;
        switch (answer)
        {
            case ErrorFrame error:
                return ApiAnswer.WriteAsync(context, error.Problem);
            case Accepted:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return Task.CompletedTask;
            case Ack ack:
                if (route.IsPatch) headers.ETag = ApiAnswer.TagOf(ack.Seq);
                if (!route.Creates) break;
                headers.Location = route.FrameType == FrameType.ChatCreate
                    ? $"/v1/chats/{ack.Chat}"
                    : string.Create(CultureInfo.InvariantCulture, $"/v1/chats/{ack.Chat}/messages/{ack.Seq}");
                if (!ack.Duplicate) context.Response.StatusCode = StatusCodes.Status201Created;
                break;
            case ChatDetails chat:
                headers.ETag = ApiAnswer.TagOf(chat.SettingsSeq);
                break;
            case Page page when route.IsOneMessage:
                if (page.Items is not [MessageCreated one] || !IsAskedFor(context, one))
                    return ApiAnswer.WriteAsync(context, Problems.Of(ErrorCode.NotFound));
                answer = one;
                break;
            case Page page when route.IsNewestFirst && !GoesUp(context.Request.Query):
                answer = page with { Items = [.. page.Items.Reverse()] };
                break;
        }

        return ApiAnswer.WriteAsync(context, answer);
    }

    /// <summary>Whether the pages go on towards the head: then one can be put behind the other.</summary>
    private static bool GoesUp(IQueryCollection query) =>
        query.ContainsKey("after_seq") || query.ContainsKey("around_seq");

    private static bool IsAskedFor(HttpContext context, MessageCreated message) =>
        context.Request.RouteValues["seq"] as string == message.Seq.ToString(CultureInfo.InvariantCulture);
}
