using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Api;

/// <summary>
/// Whose request it is, by its bearer token: a user's, or a server key that acts for the user whom the header
/// <c>LiveChat-Act-As</c> names, which leaves a line in the log. Tokens in addresses and cookies are not looked at.
/// </summary>
internal sealed partial class ApiAuthentication(SignIn signIn, ServerKeys keys, ILogger<ApiAuthentication> logger)
{
    public const string ActAs = "LiveChat-Act-As";
    private const string Scheme = "Bearer ";

    /// <summary>The caller, or the problem that says why there is none.</summary>
    public async ValueTask<(UserId User, bool IsByServerKey, Problem? Problem)> CallerAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization is not [{ } header]
            || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return Refused(Problems.Of(ErrorCode.Unauthorized));
        var token = header[Scheme.Length..].Trim();
        if (token.StartsWith(ServerKeys.Prefix, StringComparison.Ordinal)) return await ActingAsync(context, token);
        if (context.Request.Headers.ContainsKey(ActAs))
            return Refused(Problems.Of(ErrorCode.Forbidden, "Only a server key acts for a user."));
        var answer = await signIn.CheckAsync(token, device: null, context.RequestAborted);
        return answer.Status is TokenStatus.Valid
            ? (answer.User, false, null)
            : Refused(SignIn.ProblemOf(answer.Status));
    }

    private async ValueTask<(UserId User, bool IsByServerKey, Problem? Problem)> ActingAsync(
        HttpContext context, string token)
    {
        var request = context.Request;
        if (await keys.VerifyAsync(token, context.RequestAborted) is not { } key)
            return Refused(Problems.Of(ErrorCode.Unauthorized));
        if (request.Headers[ActAs] is not [{ } named] || !UserId.TryParse(named, out var user))
            return Refused(Problems.Of(ErrorCode.BadRequest, $"{ActAs} names the user."));
        if (logger.IsEnabled(LogLevel.Information))
            LogActed(key.Id, user, request.Method, Uri.EscapeDataString(request.Path.Value ?? ""));
        return (user, true, null);
    }

    private static (UserId User, bool IsByServerKey, Problem? Problem) Refused(Problem problem) =>
        (default, false, problem);

    [LoggerMessage(8013, LogLevel.Information, "Server key {Key} acts for {User}: {Method} {Path}")]
    private partial void LogActed(string key, UserId user, string method, string path);
}
