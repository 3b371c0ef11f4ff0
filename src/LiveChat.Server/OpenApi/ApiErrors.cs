using System.Collections.Frozen;
using LiveChat.Core.Chats;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Api;
using LiveChat.Server.Backend;

namespace LiveChat.Server.OpenApi;

/// <summary>
/// The codes with which an operation may be refused. They follow from what its route is: who is let in, what is read of
/// the request, and for a change of a chat what the rules refuse of its kind. A code that an operation answers with and
/// that is not in here fails the tests of the API.
/// </summary>
internal static class ApiErrors
{
    /// <summary>Before the request is looked at, and whatever it asks for.</summary>
    private static readonly string[] Always =
    [
        ErrorCode.BadRequest, ErrorCode.Unauthorized, ErrorCode.TokenExpired, ErrorCode.Forbidden, ErrorCode.NotFound,
        ErrorCode.RateLimited, ErrorCode.Internal, ErrorCode.Unavailable,
    ];

    /// <summary>What the rules refuse of each kind of change, besides what <see cref="Always"/> has.</summary>
    private static readonly FrozenDictionary<Type, Refusal[]> ByRules = new Dictionary<Type, Refusal[]>
    {
        [typeof(ChatCreate)] = [Refusal.Conflict, Refusal.ChatFull, Refusal.UserErased],
        [typeof(ChatUpdate)] = [Refusal.PreconditionFailed, Refusal.CustomTooLong],
        [typeof(MemberAdd)] = [Refusal.Conflict, Refusal.ChatFull, Refusal.UserErased],
        [typeof(MemberRole)] = [Refusal.Conflict, Refusal.LastOwner],
        [typeof(MemberRemove)] = [Refusal.LastOwner],
        [typeof(MessageSend)] = [Refusal.NotAnswered],
        [typeof(MessageEdit)] = [Refusal.NotAnswered],
        [typeof(MessageDelete)] = [],
        [typeof(ReactionSet)] = [Refusal.NotAnswered],
    }.ToFrozenDictionary();

    /// <summary>The codes of an operation of a user, by status, as problems.</summary>
    public static IEnumerable<IGrouping<int, Problem>> Of(ApiRoute route)
    {
        var codes = Of(
            route.HasBody,
            hasFields: route.HasBody || route.PathParameters.Count + route.QueryParameters.Count > 0,
            isChange: route.Method != "GET").Append(ErrorCode.Timeout);
        if (!route.HasKey) return Grouped(codes);

        Refusal[] ofAll = [Refusal.ClockAhead, Refusal.DuplicateMismatch, .. ByRules[route.Command]];
        return Grouped([.. codes, ErrorCode.Draining, .. ofAll.Select(static refusal => Problems.Of(refusal).Code)]);
    }

    /// <summary>The codes of an operation of a server key.</summary>
    public static IEnumerable<IGrouping<int, Problem>> Of(BackendRoute route) => Grouped(Of(
        route.Body is not null,
        hasFields: route.Body is not null || route.Path.Contains('{', StringComparison.Ordinal),
        isChange: !route.OnlyReads).Concat(route.Refusals));

    private static IEnumerable<string> Of(bool hasBody, bool hasFields, bool isChange) =>
    [
        .. Always,
        .. hasFields ? [ErrorCode.ValidationFailed, ErrorCode.PayloadTooLarge] : (string[])[],
        .. hasBody ? [ErrorCode.UnsupportedMedia] : (string[])[],
        .. isChange ? [ErrorCode.PreconditionFailed] : (string[])[],
    ];

    private static IEnumerable<IGrouping<int, Problem>> Grouped(IEnumerable<string> codes) => codes
        .Distinct()
        .Select(static code => Problems.Of(code))
        .GroupBy(static problem => problem.Status)
        .OrderBy(static ofOne => ofOne.Key);
}
