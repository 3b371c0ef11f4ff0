using LiveChat.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Gateway;

/// <summary>What every request meets first, at the public and at the internal address.</summary>
internal static class FrontDoor
{
    /// <param name="app">The pipeline, which is empty yet.</param>
    /// <param name="pages">At the public address: answers pages of other origins, which may also read why the checks
    /// behind it refused them.</param>
    public static void Use(IApplicationBuilder app, CrossOrigin? pages = null)
    {
        app.Use(AddHeadersAsync);
        if (pages is not null) app.Use(pages.HandleAsync);
        app.Use(BodyLength.CheckAsync);
        app.Use(RequestTarget.CheckAsync);
    }

    /// <summary>Every response says what it is, and no browser guesses.</summary>
    private static Task AddHeadersAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return next(context);
    }
}
