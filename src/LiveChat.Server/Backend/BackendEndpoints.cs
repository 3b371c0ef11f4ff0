using LiveChat.Core.Ingest;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Api;
using LiveChat.Server.Gateway;
using LiveChat.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Backend;

/// <summary>
/// Serves a table of routes to those whom <paramref name="authenticate"/> knows. Every change leaves a line in the log
/// that says who asked for it.
/// </summary>
internal sealed partial class BackendEndpoints(
    BackendServices services,
    Func<HttpContext, ValueTask<(string? Caller, Problem? Problem)>> authenticate,
    ILogger<BackendEndpoints> logger)
{
    private static readonly string[] Things = ["device", "session", "key", "chat"];

    public void Map(IEndpointRouteBuilder app, IReadOnlyList<BackendRoute> routes)
    {
        foreach (var route in routes)
            app.MapMethods(route.Path, ApiRoute.MethodsOf(route.Method), context => HandleAsync(context, route));
    }

    private async Task HandleAsync(HttpContext context, BackendRoute route)
    {
        var (caller, refused) = await authenticate(context);
        if (refused is not null)
        {
            await ApiAnswer.WriteAsync(context, refused);
            return;
        }

        UnsignedConnection.SignIn(context);
        var (call, problem) = await ReadAsync(context.Request, route);
        var answer = call is null ? problem! : await route.Handle(services, call);
        if (call is null || answer is Problem)
        {
            await ApiAnswer.WriteAsync(context, (Problem)answer);
            return;
        }

        var location = route.LocationOf?.Invoke(answer);
        if (!route.OnlyReads && logger.IsEnabled(LogLevel.Information))
        {
            var about = route.SubjectOf is { } subject ? $" for {subject(call.Body!)}" : "";
            LogDone(caller!, route.Method, location ?? context.Request.Path.ToUriComponent(), about);
        }

        var response = context.Response;
        response.StatusCode = location is not null ? StatusCodes.Status201Created
            : route.Answer is null ? StatusCodes.Status204NoContent
            : route.Begins ? StatusCodes.Status202Accepted
            : StatusCodes.Status200OK;
        if (location is not null) response.Headers.Location = location;
        if (route.Answer is not null) await ApiAnswer.WriteAsync(context, answer, route.Answer);
    }

    private static async Task<(BackendCall? Call, Problem? Problem)> ReadAsync(HttpRequest request, BackendRoute route)
    {
        if (!route.OnlyReads && ApiCondition.Read(request, hasTag: false).Problem is { } unfulfilled)
            return (null, unfulfilled);
        foreach (var (name, value) in request.RouteValues)
            if (value is string text && FieldRules.All[name].OfText!(text) is { } broken)
                return (null, FieldPlan.ProblemOf("/" + name, broken));
        var user = request.RouteValues["user"] is string named ? UserId.Parse(named) : default;
        var thing = Things.Select(name => request.RouteValues[name]).OfType<string>().SingleOrDefault() ?? "";
        object? body = null;
        if (route.Body is { } shape)
        {
            (body, var problem) = await ApiBody.ReadAsync(request, route.IsPatch, shape);
            if (body is null) return (null, problem);
            if (route.Fields!.Check(body) is { } wrong) return (null, wrong);
        }

        return (new BackendCall(user, thing, body, request.HttpContext.RequestAborted), null);
    }

    [LoggerMessage(8014, LogLevel.Information, "{Caller}: {Method} {Path}{About}")]
    private partial void LogDone(string caller, string method, string path, string about);
}
