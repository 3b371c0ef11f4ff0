using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Api;

/// <summary>Whose request it is, by its bearer token; tokens in addresses and cookies are not looked at.</summary>
internal sealed class ApiAuthentication(ITokenVerifier tokens)
{
    private const string Scheme = "Bearer ";

    public async ValueTask<(UserId User, Problem? Problem)> CallerAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization is not [{ } header]
            || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return (default, Problems.Of(ErrorCode.Unauthorized));
        var answer = await tokens.VerifyAsync(header[Scheme.Length..].Trim(), context.RequestAborted);
        return answer.Status switch
        {
            TokenStatus.Valid => (answer.User, null),
            TokenStatus.Expired => (default, Problems.Of(ErrorCode.TokenExpired)),
            _ => (default, Problems.Of(ErrorCode.Unauthorized)),
        };
    }
}
