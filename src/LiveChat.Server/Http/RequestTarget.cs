using System.Text;
using System.Text.Unicode;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LiveChat.Server.Http;

/// <summary>
/// The path as it was sent. Kestrel resolves <c>.</c> and <c>..</c>, also where they are escaped, so that a request for
/// one thing would arrive as one for another; and it decodes all but <c>%2F</c>, so that an escape cannot be told from
/// a text that looks like one. Here the first is refused and the second is decoded, each part by itself. A backslash is
/// refused too: where the target is a whole address it would be read as a slash. An empty part names nothing and is not
/// found: routing would leave it out, and what was meant for one session would reach all of them.
/// </summary>
internal static class RequestTarget
{
    public static Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var segments = Segments(context);
        if (segments.Any(static segment => IsDots(segment) || segment.Contains('\\')))
            return ApiAnswer.WriteAsync(
                context, Problems.Of(ErrorCode.BadRequest, "The path has a part . or .., or a \\."));
        return HasEmptyPart(segments)
            ? ApiAnswer.WriteAsync(context, Problems.Of(ErrorCode.NotFound, "The path has an empty part."))
            : next(context);
    }

    /// <summary>The parts of the path, as they were sent.</summary>
    public static string[] Segments(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var end = target.IndexOfAny(['?', '#']);
        if (end >= 0) target = target[..end];

        // The form with the whole address is allowed too.
        if (!target.StartsWith('/') && target.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0)
        {
            var path = target.IndexOf('/', scheme + "://".Length);
            target = path < 0 ? "/" : target[path..];
        }

        return target.Split('/');
    }

    /// <summary>The text that a part stands for, decoded once; null when it stands for none.</summary>
    public static string? TextOf(string segment)
    {
        var bytes = new byte[segment.Length];
        var count = 0;
        for (var at = 0; at < segment.Length; at++, count++)
        {
            if (segment[at] != '%')
            {
                if (!char.IsAscii(segment[at])) return null;
                bytes[count] = (byte)segment[at];
                continue;
            }

            if (at + 2 >= segment.Length || !char.IsAsciiHexDigit(segment[at + 1])
                || !char.IsAsciiHexDigit(segment[at + 2]))
                return null;
            bytes[count] = Convert.FromHexString(segment.AsSpan(at + 1, 2))[0];
            at += 2;
        }

        return Utf8.IsValid(bytes.AsSpan(0, count)) ? Encoding.UTF8.GetString(bytes, 0, count) : null;
    }

    /// <summary>The root, which is a slash alone, has none.</summary>
    private static bool HasEmptyPart(string[] segments) =>
        segments is not ["", ""] && segments.AsSpan(1).Contains("");

    /// <summary>Every request comes here: what has another character than dots may have is not decoded.</summary>
    private static bool IsDots(string segment) =>
        !segment.AsSpan().ContainsAnyExcept(".%2eE") && TextOf(segment) is "." or "..";
}
