using LiveChat.Core.Identities;
using LiveChat.Server.Api;
using LiveChat.Server.Http;
using LiveChat.Server.Tokens;
using LiveChat.Tests.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace LiveChat.Tests.Server.Api;

/// <summary>What acting for a user leaves in the log.</summary>
public sealed class ApiAuthenticationTests
{
    [Fact]
    public async Task Acting_for_a_user_is_one_line_with_key_user_and_path_and_no_secret()
    {
        await using var node = await TestNode.StartAsync();
        await node.ConnectAsync("ann");
        var keys = new ServerKeys(new InMemoryIdentityStore(), TimeProvider.System);
        var (key, text) = await keys.CreateAsync("backend", default);
        var lines = new Lines();
        var authentication = new ApiAuthentication(node.Node, keys, lines);

        var (user, isByServerKey, problem) = await authentication.UserAsync(Request(text, "ann", "/v1/a\r\nb"));
        Assert.Equal(("ann", true, null), (user.Value, isByServerKey, problem));
        Assert.Equal([$"Server key lcs_{key.Id} acts for ann: POST /v1/a%0D%0Ab"], lines.Written);

        Assert.NotNull((await authentication.UserAsync(Request(text, "nobody", "/v1/chats"))).Problem);
        Assert.NotNull((await authentication.UserAsync(Request("ann", "ann", "/v1/chats"))).Problem);
        Assert.Single(lines.Written);
    }

    private static DefaultHttpContext Request(string token, string actAs, string path)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "POST";
        context.Request.Path = path;
        context.Request.Headers.Authorization = $"Bearer {token}";
        context.Request.Headers[Credentials.ActAs] = actAs;
        return context;
    }

    private sealed class Lines : ILogger<ApiAuthentication>
    {
        public List<string> Written { get; } = [];

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) => Written.Add(formatter(state, exception));
    }
}
