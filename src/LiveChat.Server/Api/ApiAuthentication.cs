using LiveChat.Core.Identities;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Http;
using LiveChat.Server.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Api;

/// <summary>
/// Whose request it is, by its bearer token: a user's, or a server key that acts for the user whom the header
/// <c>LiveChat-Act-As</c> names, which leaves a line in the log. Tokens in addresses and cookies are not looked at. A
/// refusal counts as a request of whoever showed the good token.
/// </summary>
internal sealed partial class ApiAuthentication(Node node, ServerKeys keys, ILogger<ApiAuthentication> logger)
{
    private const string ActAs = Credentials.ActAs;

    /// <summary>The user, or the problem that says why there is none.</summary>
    public async ValueTask<(UserId User, bool IsByServerKey, Problem? Problem)> UserAsync(HttpContext context)
    {
        if (Credentials.TokenOf(context.Request) is not { } token) return Refused(Problems.Of(ErrorCode.Unauthorized));
        if (ServerKeys.IsOne(token)) return await ActingAsync(context, token);
        if (context.Request.Headers.ContainsKey(ActAs))
            return Refused(Problems.Of(ErrorCode.Forbidden, "Only a server key acts for a user."));
        var answer = await node.SignIn.CheckRequestAsync(token, context.RequestAborted);
        if (answer.Status is TokenStatus.Valid) return (answer.User, false, null);

        // Not those of a revoked token: whoever stole it could keep the user from everything.
        var tooFast = answer.Status is TokenStatus.Disabled ? node.RefusalOf(answer.User) : null;
        return Refused(tooFast ?? SignIn.ProblemOf(answer.Status));
    }

    /// <summary>The server key that asks for itself, as it is called in the log, or the problem.</summary>
    public async ValueTask<(string? Caller, Problem? Problem)> ServerKeyAsync(HttpContext context)
    {
        if (Credentials.TokenOf(context.Request) is not { } token) return (null, Problems.Of(ErrorCode.Unauthorized));
        if (ServerKeys.IsOne(token))
            return await KeyOfAsync(token, context.RequestAborted) is { } key
                ? ($"Server key {ServerKeys.IdOf(key)}", node.RefusalOf(key.Id))
                : (null, Problems.Of(ErrorCode.Unauthorized));
        var answer = await node.SignIn.CheckAsync(
            token, device: null, otherwise: null, context.RequestAborted);
        return answer.Status is TokenStatus.Valid
            ? (null, node.RefusalOf(answer.User) ?? Problems.Of(ErrorCode.Forbidden, "Only a server key may."))
            : (null, SignIn.ProblemOf(answer.Status));
    }

    private async ValueTask<(UserId User, bool IsByServerKey, Problem? Problem)> ActingAsync(
        HttpContext context, string token)
    {
        var request = context.Request;
        if (await KeyOfAsync(token, context.RequestAborted) is not { } key)
            return Refused(Problems.Of(ErrorCode.Unauthorized));
        if (request.Headers[ActAs] is not [{ } named] || !UserId.TryParse(named, out var user))
            return Refused(node.RefusalOf(key.Id) ?? Problems.Of(ErrorCode.BadRequest, $"{ActAs} names the user."));
        if (await node.SignIn.CheckActingAsync(user, context.RequestAborted) is { } problem)
            return Refused(node.RefusalOf(key.Id) ?? problem);
        if (logger.IsEnabled(LogLevel.Information))
            LogActed(ServerKeys.IdOf(key), user, request.Method, request.Path.ToUriComponent());
        return (user, true, null);
    }

    private async ValueTask<ApiKey?> KeyOfAsync(string token, CancellationToken cancellationToken)
    {
        var key = await keys.VerifyAsync(token, cancellationToken);
        if (key is null) node.SignIn.NoteRefusedKey();
        return key;
    }

    private static (UserId User, bool IsByServerKey, Problem? Problem) Refused(Problem problem) =>
        (default, false, problem);

    [LoggerMessage(8013, LogLevel.Information, "Server key {Key} acts for {User}: {Method} {Path}")]
    private partial void LogActed(string key, UserId user, string method, string path);
}
