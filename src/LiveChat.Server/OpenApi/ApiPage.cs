using Microsoft.AspNetCore.Builder;

namespace LiveChat.Server.OpenApi;

/// <summary>
/// The page that shows the HTTP API and tries it out: Swagger UI out of its package, which asks no other host. In
/// development alone, where it finds a token next door: nothing that others wrote runs on a public origin.
/// </summary>
internal static class ApiPage
{
    public const string Path = "/docs";

    /// <summary>What the page may load: its own files, pictures within them, and the one style within its logo.
    /// </summary>
    private const string Policy = "default-src 'none'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Use(IApplicationBuilder app)
    {
        app.UseWhen(
            static context => context.Request.Path.StartsWithSegments(Path),
            static page => page.Use(static (context, next) =>
            {
                context.Response.Headers.ContentSecurityPolicy = Policy;
                return next(context);
            }));
        app.UseSwaggerUI(static page =>
        {
            page.RoutePrefix = Path[1..];
            page.DocumentTitle = "LiveChat";
            page.SwaggerEndpoint(OpenApiDocument.Path, "v1");
        });
    }
}
