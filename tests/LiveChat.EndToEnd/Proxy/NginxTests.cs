using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Proxy;

/// <summary>NGINX takes the sites that are in deploy/nginx.</summary>
public sealed class NginxTests
{
    [Theory]
    [InlineData("livechat.conf")]
    [InlineData("local.conf")]
    public async Task A_site_is_good_for_nginx(string site)
    {
        await Requirement.ProgramAsync("nginx", "nginx", "-v");
        using var scratch = new ScratchDirectory();
        ProxiedServer.WriteCertificate(scratch.Path);
        foreach (var file in (string[])[site, "livechat.http", "livechat.server"])
        {
            var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Proxy", "nginx", file));
            await File.WriteAllTextAsync(
                Path.Combine(scratch.Path, file),
                text.Replace("/etc/nginx/conf.d/", $"{scratch.Path}/", StringComparison.Ordinal)
                    .Replace("/etc/nginx/tls/", $"{scratch.Path}/", StringComparison.Ordinal)
                    .Replace("livechat:8080", "127.0.0.1:8080", StringComparison.Ordinal));
        }

        var main = Path.Combine(scratch.Path, "nginx.conf");
        await File.WriteAllTextAsync(
            main,
            $"pid {scratch.Path}/nginx.pid;\nerror_log {scratch.Path}/error.log;\nevents {{ }}\n"
            + $"http {{ access_log off; include {scratch.Path}/{site}; }}\n");
        var said = await Shell.RunAsync("nginx", "-t", "-p", scratch.Path, "-c", main);
        Assert.Contains("test is successful", said, StringComparison.Ordinal);
        Assert.DoesNotContain("[warn]", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_main_file_is_good_for_nginx_with_a_site_beside_it()
    {
        await Requirement.ProgramAsync("nginx", "nginx", "-v");
        using var scratch = new ScratchDirectory();
        foreach (var file in (string[])["nginx.conf", "local.conf", "livechat.http", "livechat.server"])
        {
            var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Proxy", "nginx", file));

            // The user is the image's; the main file includes all sites, not itself.
            await File.WriteAllTextAsync(
                Path.Combine(scratch.Path, file),
                text.Replace("user                    nginx;", "", StringComparison.Ordinal)
                    .Replace("/etc/nginx/conf.d/*.conf", $"{scratch.Path}/local.conf", StringComparison.Ordinal)
                    .Replace("/etc/nginx/conf.d/", $"{scratch.Path}/", StringComparison.Ordinal)
                    .Replace("/var/run/", $"{scratch.Path}/", StringComparison.Ordinal)
                    .Replace("livechat:8080", "127.0.0.1:8080", StringComparison.Ordinal));
        }

        var said = await Shell.RunAsync(
            "nginx", "-t", "-p", scratch.Path, "-c", Path.Combine(scratch.Path, "nginx.conf"));
        Assert.Contains("test is successful", said, StringComparison.Ordinal);
        Assert.DoesNotContain("[warn]", said, StringComparison.Ordinal);
    }
}
