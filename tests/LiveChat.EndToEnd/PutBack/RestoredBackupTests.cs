using LiveChat.Cli;
using LiveChat.EndToEnd.Commands;
using LiveChat.EndToEnd.Crash;
using LiveChat.EndToEnd.Groups;
using LiveChat.Server;
using Xunit;

namespace LiveChat.EndToEnd.PutBack;

/// <summary>
/// A server is replaced by one from a backup that is older than what its clients hold. They stay connected to the
/// address, with messages that never happened for the new one.
/// </summary>
public sealed class RestoredBackupTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    [Fact]
    public async Task All_clients_that_hold_more_than_the_backup_end_with_the_truth()
    {
        using var scratch = new ScratchDirectory();
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var (data, place, restored) = (
            Path.Combine(scratch.Path, "data"),
            Path.Combine(scratch.Path, "backups"),
            Path.Combine(scratch.Path, "restored"));
        var endpoint = CrashServer.FreeEndpoint();
        var inner = CrashServer.FreeEndpoint().GetLeftPart(UriPartial.Authority);
        await using var server = await CrashServer.StartAsync(
            data, endpoint, new Dictionary<string, string> { ["LIVECHAT__INTERNAL"] = inner });
        await using var ann = new StoreReader(endpoint, data, "ann");
        await using var bob = new StoreReader(endpoint, data, "bob");
        await ann.ConnectAsync(limit.Token);
        await bob.ConnectAsync(limit.Token);
        var chat = (await ann.Client.CreateDirectAsync("bob", limit.Token)).Chat;
        for (var i = 0; i < 3; i++) await ann.Client.SendAsync(chat, $"kept {i}", cancellationToken: limit.Token);
        await RunAsync("backup", "create", place, "--data", data, "--internal", inner);
        await RunAsync("backup", "verify", place);

        // In no backup; both clients hear it.
        for (var i = 0; i < 2; i++) await ann.Client.SendAsync(chat, $"lost {i}", cancellationToken: limit.Token);
        await ann.UntilAsync(chat, "lost 1", limit.Token);
        await bob.UntilAsync(chat, "lost 1", limit.Token);
        await server.KillAsync();
        await RunAsync("backup", "restore", place, "--data", restored);

        await server.StartAgainAsync(restored);
        for (var i = 0; i < 4; i++) await bob.Client.SendAsync(chat, $"new {i}", cancellationToken: limit.Token);
        using var truth = new ChatReader(endpoint, LiveChatServer.MintToken(restored, "ann", Limit), chat);
        foreach (var reader in (StoreReader[])[ann, bob])
        {
            await reader.UntilNewStoreAsync(limit.Token);
            var events = await truth.EventsAsync(limit.Token);
            Assert.Equal(events, await reader.EventsAsync(chat, limit.Token));
            Assert.DoesNotContain(events, static seen => seen.Content.StartsWith("lost", StringComparison.Ordinal));
            Assert.Equal(7, events.Count(static seen => seen.Type == "MessageCreated"));
        }
    }

    private static async Task RunAsync(params string[] args)
    {
        await using var command = RunningCommand.Start(args);
        var (exitCode, said) = await command.EndAsync();
        Assert.True(exitCode == ExitCode.Ok, $"livechat {string.Join(' ', args)}: {exitCode}\n{said}");
    }
}
