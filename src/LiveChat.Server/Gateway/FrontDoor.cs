using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Gateway;

/// <summary>What every request meets first, at the public and at the internal address.</summary>
internal static class FrontDoor
{
    public static void Use(IApplicationBuilder app)
    {
        app.Use(AddHeadersAsync);
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
