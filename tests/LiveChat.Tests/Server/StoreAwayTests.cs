using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Hosting;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>A store of identities that does not answer, as one on other machines may not.</summary>
public sealed class StoreAwayTests
{
    [Theory]
    [InlineData("GET", "/v1/chats")]
    [InlineData("POST", "/v1/tokens")]
    [InlineData("GET", "/v1/users/ann")]
    public async Task A_server_key_is_told_to_come_again_and_nothing_else(string method, string path)
    {
        var away = new AwayIdentities();
        var seams = new ServerSeams
        {
            Ports = ports => ports with { Identities = ports.Identities with { Users = away, Keys = away } },
        };
        await using var server = await TestServer.StartAsync(seams, TestServer.NewFolder());
        using var http = new HttpClient { BaseAddress = server.Url };
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer", $"lcs_{new string('a', 16)}_{new string('b', 64)}");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        using var problem = JsonDocument.Parse(
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("unavailable", problem.RootElement.GetProperty("code").GetString());
        Assert.True(problem.RootElement.GetProperty("retryable").GetBoolean());
        Assert.True(away.Calls > 0, "The store was not asked.");
    }

    private sealed class AwayIdentities : IIdentityStore, IApiKeyStore
    {
        private int _calls;

        public int Calls => _calls;

        public ValueTask<IReadOnlyList<UserRow>> ReadUsersAsync(
            IReadOnlyList<UserId> users, CancellationToken cancellationToken) => throw Away();

        public ValueTask<UserRow?> ChangeUserAsync(
            UserId user, UserChange change, long timeMs, CancellationToken cancellationToken) => throw Away();

        public ValueTask<IReadOnlyList<DeviceRow>> ReadDevicesAsync(
            UserId user, CancellationToken cancellationToken) => throw Away();

        public ValueTask TouchDeviceAsync(
            UserId user, string device, long timeMs, CancellationToken cancellationToken) => throw Away();

        public ValueTask RevokeDeviceAsync(
            UserId user, string device, long beforeMs, CancellationToken cancellationToken) => throw Away();

        public ValueTask<AccessRow> ReadAccessAsync(
            UserId user, string? device, CancellationToken cancellationToken) => throw Away();

        public ValueTask<bool> AddKeyAsync(ApiKey key, CancellationToken cancellationToken) => throw Away();

        public ValueTask<ApiKey?> ReadKeyAsync(string id, CancellationToken cancellationToken) => throw Away();

        public ValueTask<IReadOnlyList<ApiKey>> ReadKeysAsync(CancellationToken cancellationToken) => throw Away();

        public ValueTask<bool> DisableKeyAsync(string id, CancellationToken cancellationToken) => throw Away();

        public ValueTask TouchKeyAsync(string id, long timeMs, CancellationToken cancellationToken) => throw Away();

        private HistoryUnavailableException Away()
        {
            Interlocked.Increment(ref _calls);
            return new HistoryUnavailableException("The store is away.");
        }
    }
}
