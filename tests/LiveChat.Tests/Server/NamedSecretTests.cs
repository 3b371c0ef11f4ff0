using System.Security.Cryptography;
using LiveChat.Server.Hosting;
using LiveChat.Server.Tokens;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>A secret that the configuration names: no data folder has one, and other machines have the same.</summary>
public sealed class NamedSecretTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public NamedSecretTests() => File.WriteAllText(_path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task Servers_with_the_named_secret_take_each_others_tokens_and_make_none_in_their_folders()
    {
        var option = $"--LiveChat:Tokens:SecretFile={_path}";
        await using var first = await TestServer.StartAsync(TestServer.NewFolder(), option);
        await using var second = await TestServer.StartAsync(TestServer.NewFolder(), option);
        var token = new JwtTokens(File.ReadAllBytes(_path), new TokenOptions(), TimeProvider.System)
            .Mint(LiveChat.Protocol.Ids.UserId.Parse("ann"), TimeSpan.FromMinutes(1));
        foreach (var server in (TestServer[])[first, second])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, "/v1/chats"));
            request.Headers.Authorization = new("Bearer", token);
            using var client = new HttpClient();
            using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
            Assert.False(File.Exists(Path.Combine(server.Data, TokenSecret.FileName)));
            Assert.Equal("", server.Errors.ToString());
        }
    }

    [Fact]
    public void A_named_secret_is_never_made_and_held_to_the_same_rules()
    {
        var options = new TokenOptions { SecretFile = _path };
        var folder = Path.Combine(Path.GetTempPath(), "livechat-no-folder");
        Assert.Equal(File.ReadAllBytes(_path), TokenSecret.Read(folder, options));
        File.WriteAllText(_path, new string('x', 64));
        Assert.Throws<InvalidDataException>(() => TokenSecret.Read(folder, options));
        File.Delete(_path);
        var missing = Assert.Throws<InvalidDataException>(() => TokenSecret.ReadOrCreate(folder, options));
        Assert.Contains("LiveChat:Tokens:SecretFile names", missing.Message, StringComparison.Ordinal);
        Assert.Equal((false, false), (File.Exists(_path), Directory.Exists(folder)));
    }

    [Fact]
    public void A_named_secret_that_others_can_read_is_said()
    {
        if (OperatingSystem.IsWindows()) return;
        var folder = Directory.CreateTempSubdirectory("livechat-rights-").FullName;
        try
        {
            var options = new TokenOptions { SecretFile = _path };
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
            Assert.Equal([(_path, "600")], OpenToOthers.Find(folder, options));
            File.SetUnixFileMode(_path, UnixFileMode.UserRead);
            Assert.Empty(OpenToOthers.Find(folder, options));
        }
        finally
        {
            Directory.Delete(folder);
        }
    }
}
