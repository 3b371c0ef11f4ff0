using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LiveChat.Server.Gateway;

/// <summary>Reads the message that a request brings: as long as one over a WebSocket, within a time, and text.
/// </summary>
internal static class HttpBody
{
    /// <summary>Reads to the end.</summary>
    /// <param name="request">Of the message.</param>
    /// <param name="message">Holds it afterwards.</param>
    /// <param name="cancellationToken">When it has taken long enough.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static async Task<Problem?> ReadAsync(
        HttpRequest request, MessageBuffer message, CancellationToken cancellationToken)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = Limits.FrameBytesMax;
        try
        {
            while (await request.Body.ReadAsync(message.GetMemory(), cancellationToken) is > 0 and var count)
            {
                message.Advance(count);
                if (message.Length > Limits.FrameBytesMax) return Problems.Of(ErrorCode.PayloadTooLarge);
            }
        }
        catch (OperationCanceledException)
        {
            return Problems.Of(ErrorCode.BadRequest, "The body took too long.") with
            {
                Status = StatusCodes.Status408RequestTimeout,
            };
        }
        catch (IOException broken) when (broken is not BadHttpRequestException)
        {
            return Problems.Of(ErrorCode.BadRequest, "The body broke off.");
        }

        var noText = JsonFrames.Refuses(message.Written.Span);
        return noText is null ? null : Problems.Of(ErrorCode.BadRequest, noText);
    }
}
