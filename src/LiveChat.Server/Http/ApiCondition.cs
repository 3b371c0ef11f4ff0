using System.Globalization;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LiveChat.Server.Http;

/// <summary>
/// The condition of a change, <c>If-Match</c> as RFC 9110 has it: one tag, or <c>*</c>, which anything there is
/// fulfils. Whoever says a condition that is not understood gets no change without one. Of several tags any would do,
/// which the sequencer cannot be asked: that is refused.
/// </summary>
internal static class ApiCondition
{
    /// <summary>The seq of the settings that the tag names; none when there is no condition; or the problem. What has
    /// no tag is not the one that any tag means.</summary>
    public static (long? Seq, Problem? Problem) Read(HttpRequest request, bool hasTag)
    {
        var lines = request.Headers.IfMatch;
        if (lines.Count == 0) return (null, null);
        if (!EntityTagHeaderValue.TryParseStrictList(lines, out var tags) || tags.Count == 0)
            return Refuse("If-Match is no entity tag.");
        if (tags.Distinct().ToArray() is not [var tag]) return Refuse("If-Match names more than one entity tag.");
        if (tag.Equals(EntityTagHeaderValue.Any)) return (null, null);

        // A weak tag, or one that we never gave, is that of nothing here.
        var text = tag.Tag.AsSpan().Trim('"');
        return hasTag && !tag.IsWeak
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            && ApiAnswer.TagOf(seq) == tag.Tag
            && seq > 0
                ? (seq, null)
                : (null, Problems.Of(ErrorCode.PreconditionFailed));
    }

    private static (long? Seq, Problem? Problem) Refuse(string detail) =>
        (null, Problems.Of(ErrorCode.BadRequest, detail));
}
