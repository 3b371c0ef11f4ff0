using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Gateway;

/// <summary>What every request meets first, at the public and at the internal address.</summary>
internal static class FrontDoor
{
    /// <param name="app">The host of the address.</param>
    /// <param name="crossOrigin">Comes before the checks, so that a page may read why it was refused; null where there
    /// are no pages.</param>
    public static void Use(IApplicationBuilder app, CrossOrigin? crossOrigin)
    {
        app.Use(AddHeadersAsync);
        if (crossOrigin is not null) app.Use(crossOrigin.HandleAsync);
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
