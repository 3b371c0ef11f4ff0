using LiveChat.Cli;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.EndToEnd.Commands;

/// <summary>An operator deletes a chat and erases a user at a real server, which is killed in the middle.</summary>
public sealed class DeletedChatTests : IAsyncLifetime
{
    private readonly ScratchDirectory _folder = new();
    private readonly Uri _url = CrashServer.FreeEndpoint();
    private readonly Uri _internal = CrashServer.FreeEndpoint();
    private CrashServer? _server;

    private string Data => Path.Combine(_folder.Path, "data");

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static test => test.StartAsync());

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_chat_is_gone_although_the_server_was_killed_right_behind_its_deletion()
    {
        await AsUserAsync("ann", "send", "@bob", "a secret");
        await AsUserAsync("bob", "send", "@ann", "another secret");
        var chat = await ChatOfAsync("ann");
        await OperatorAsync(ExitCode.Usage, "chat", "delete", chat);
        await using (var deleting = RunningCommand.Start(Args("chat", "delete", chat, "--yes")))
        {
            await deleting.HearAsync($"{chat}  deleted ");
            await _server!.KillAsync();
            Assert.NotEqual(ExitCode.Ok, (await deleting.EndAsync()).ExitCode);
        }

        // The server goes on by itself; who asks again waits for the end.
        await _server.StartAgainAsync(Data);
        var said = await OperatorAsync(ExitCode.Ok, "chat", "delete", chat, "--yes");
        Assert.Contains($"{chat}  finished ", said, StringComparison.Ordinal);
        foreach (var user in (string[])["ann", "bob"])
        {
            Assert.DoesNotContain(chat, await AsUserAsync(user, "chats"), StringComparison.Ordinal);
            Assert.DoesNotContain("secret", await AsUserAsync(user, "history", chat), StringComparison.Ordinal);
        }

        // History is made again from the log, and the chat stays deleted.
        await _server.StopAsync();
        Directory.Delete(Path.Combine(Data, "history"), recursive: true);
        await RunAsync(ExitCode.Ok, "rebuild-history", "--data", Data, "--accept-loss");
        await _server.StartAgainAsync(Data);
        await OperatorAsync(ExitCode.Ok, "chat", "delete", chat, "--yes");
        Assert.DoesNotContain(chat, await AsUserAsync("ann", "chats"), StringComparison.Ordinal);

        await AsUserAsync("ann", "send", "@bob", "anew");
        var next = await ChatOfAsync("bob");
        Assert.NotEqual(chat, next);
        Assert.Contains("anew", await AsUserAsync("bob", "history", next), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_is_gone_although_the_server_was_killed_right_behind_the_beginning()
    {
        await AsUserAsync("ann", "send", "@bob", "a secret");
        await using (var erasing = RunningCommand.Start(Args("user", "erase", "ann", "--yes")))
        {
            // Its first look says how far it is.
            await erasing.HearAsync("ann  running since ");
            await _server!.KillAsync();
            Assert.NotEqual(ExitCode.Ok, (await erasing.EndAsync()).ExitCode);
        }

        await _server.StartAgainAsync(Data);
        var said = await OperatorAsync(ExitCode.Ok, "user", "erase", "ann", "--yes");
        Assert.Contains("  1 chat  1 message  0 reactions", said, StringComparison.Ordinal);
        var list = await AsUserAsync("bob", "chats");
        Assert.Contains("direct chat", list, StringComparison.Ordinal);
        var history = await AsUserAsync("bob", "history", await ChatOfAsync("bob"));
        Assert.DoesNotContain("secret", history, StringComparison.Ordinal);
    }

    private async Task StartAsync() => _server = await CrashServer.StartAsync(
        Data, _url, new Dictionary<string, string> { ["LIVECHAT__INTERNAL"] = Authority(_internal) });

    private async Task<string> ChatOfAsync(string user) => (await AsUserAsync(user, "chats")).Split(' ')[0];

    private Task<string> AsUserAsync(string user, params string[] command) => RunAsync(
        ExitCode.Ok,
        [.. command, "--user", user, "--url", Authority(_url), "--data", Data, "--wait", "60"]);

    private Task<string> OperatorAsync(int exitCode, params string[] command) => RunAsync(exitCode, Args(command));

    private string[] Args(params string[] command) =>
        [.. command, "--internal", Authority(_internal), "--data", Data, "--wait", "60"];

    private static async Task<string> RunAsync(int exitCode, params string[] args)
    {
        await using var command = RunningCommand.Start(args);
        var (code, said) = await command.EndAsync();
        Assert.True(code == exitCode, $"{string.Join(' ', args)} ended with {code}: {said}");
        return said;
    }

    private static string Authority(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
