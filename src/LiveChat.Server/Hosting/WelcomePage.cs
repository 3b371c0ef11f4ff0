using LiveChat.Server.Api;
using LiveChat.Server.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LiveChat.Server.Hosting;

/// <summary>
/// <c>GET /</c>: what runs here and where its documents are, for a person who opens the address in a browser. It says
/// nothing about this server but whether it is in development mode.
/// </summary>
internal static class WelcomePage
{
    public const string Path = "/";

    private const string Policy =
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Development = $"""
        <p><strong>Development mode: anybody who reaches this server can be any user.</strong></p>
        <ul>
        <li><a href="{ApiPage.Path}">The HTTP API as a page</a>, to try it out.</li>
        <li>A chat in a web page: <code>samples/WebChat</code> in the sources.</li>
        </ul>

        """;

    public static void Map(IEndpointRouteBuilder app, bool isDevelopment) => app.MapMethods(
        Path, ApiRoute.MethodsOf("GET"), context => WriteAsync(context, isDevelopment ? Development : ""));

    private static Task WriteAsync(HttpContext context, string development)
    {
        var response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.WriteAsync($"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>LiveChat</title></head>
            <body>
            <h1>LiveChat</h1>
            <p>A chat server runs here. Applications talk to it over a WebSocket or over HTTP.</p>
            {development}<ul>
            <li><a href="{OpenApiDocument.Path}">The HTTP API</a>, as OpenAPI.</li>
            <li>The documents are with the sources: <code>README.md</code> to begin with,
            <code>docs/PROTOCOL.md</code> for the WebSocket, <code>docs/CONFIG.md</code> for every option,
            <code>docs/ops</code> to run it.</li>
            </ul>
            </body>
            </html>

            """);
    }
}
