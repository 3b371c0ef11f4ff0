using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace LiveChat.Server.Hosting;

/// <summary>What both hosts begin with.</summary>
internal static class Hosts
{
    /// <summary>
    /// Whatever the machine's environment says: in what ASP.NET Core calls development it would answer a failed
    /// request with the exception, its stack and the headers. Ours is an option of its own.
    /// </summary>
    public static WebApplicationOptions Plain { get; } = new() { EnvironmentName = Environments.Production };
}
