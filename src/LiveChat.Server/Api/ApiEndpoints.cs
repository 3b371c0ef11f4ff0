using LiveChat.Core.Nodes;
using LiveChat.Server.Gateway;
using LiveChat.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LiveChat.Server.Api;

/// <summary>The HTTP API: a request is a command, on the same path as one that came over a socket.</summary>
internal sealed class ApiEndpoints(
    Node node, ApiAuthentication authentication, MetaFeatures features, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder app)
    {
        foreach (var route in ApiRoutes.All)
            app.MapMethods(route.Path, ApiRoute.MethodsOf(route.Method), context => HandleAsync(context, route));
        app.MapMethods(ApiMeta.Path, ApiRoute.MethodsOf("GET"), MetaAsync);
    }

    /// <summary>What no endpoint takes, as a problem too.</summary>
    public static Task RefuseAsync(StatusCodeContext refused) =>
        ApiAnswer.WriteAsync(refused.HttpContext, ApiAnswer.ProblemOf(refused.HttpContext.Response.StatusCode));

    private async Task HandleAsync(HttpContext context, ApiRoute route)
    {
        var (user, isByServerKey, refused) = await authentication.UserAsync(context);
        if (refused is not null)
        {
            await ApiAnswer.WriteAsync(context, refused);
            return;
        }

        UnsignedConnection.SignIn(context);
        var (frame, problem) = await ApiRequest.ReadAsync(context, route, time);
        if (frame is null)
        {
            await ApiAnswer.WriteAsync(context, problem!);
            return;
        }

        var answer = await node.AskAsync(user, frame, isByServerKey, context.RequestAborted);
        await CommandAnswer.WriteAsync(context, route, answer);
    }

    private Task MetaAsync(HttpContext context) => ApiMeta.WriteAsync(context, node.SaidLimits, features);
}
