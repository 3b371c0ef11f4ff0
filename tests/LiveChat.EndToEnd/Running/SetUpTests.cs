using LiveChat.EndToEnd.Crash;
using LiveChat.EndToEnd.Screen;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.EndToEnd.Running;

/// <summary>A set-up that fails leaves nothing of what it started.</summary>
public sealed class SetUpTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_server_that_is_not_ready_in_time_leaves_no_process()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => CrashServer.StartAsync(
            Path.Combine(_scratch.Path, "data"), CrashServer.FreeEndpoint(), within: TimeSpan.Zero));
        Assert.Empty(await NamingAsync(_scratch.Path));
    }

    [Fact]
    public async Task A_server_that_does_not_start_says_why_and_leaves_no_process()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => CrashServer.StartAsync(
            Path.Combine(_scratch.Path, "data"),
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string> { ["LIVECHAT__SESSIONS__PINGSECONDS"] = "0" }));
        Assert.Contains("PingSeconds", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await NamingAsync(_scratch.Path));
    }

    /// <summary>As <see cref="ChatScreenTests"/> does: first the one, then the other, which fails.</summary>
    [Fact]
    public async Task What_was_started_before_the_step_that_fails_is_ended()
    {
        await Requirement.ProgramAsync("tmux", "tmux", "-V");
        var fixture = new Fixture();
        await Assert.ThrowsAsync<TimeoutException>(() => SetUp.OrEndAsync(fixture, async started =>
        {
            started.Terminal = await TmuxTerminal.StartAsync(_scratch.Path, 80, 24);
            Assert.NotEmpty(await NamingAsync(_scratch.Path));
            throw new TimeoutException("The screen never is as wanted.");
        }));
        await UntilNoneAsync();
    }

    [Fact]
    public async Task The_first_failure_is_told_also_when_the_ending_fails()
    {
        var both = await Assert.ThrowsAsync<AggregateException>(() => SetUp.OrEndAsync(
            new Fixture { Fails = true }, static _ => throw new TimeoutException("first")));
        Assert.Equal(["first", "second"], both.InnerExceptions.Select(static inner => inner.Message));
    }

    /// <summary>tmux answers before its server has ended.</summary>
    private async Task UntilNoneAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while ((await NamingAsync(_scratch.Path)).Count > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
    }

    /// <summary>The processes in whose command a text stands.</summary>
    private static async Task<List<string>> NamingAsync(string text)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(static path => char.IsDigit(path[6])))
        {
            try
            {
                var command = await File.ReadAllTextAsync(Path.Combine(process, "cmdline"));
                if (command.Contains(text, StringComparison.Ordinal)) found.Add(command.Replace('\0', ' '));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return found;
    }

    private sealed class Fixture : IAsyncDisposable
    {
        public TmuxTerminal? Terminal { get; set; }

        public bool Fails { get; init; }

        public ValueTask DisposeAsync() =>
            Fails ? throw new InvalidOperationException("second") : Terminal?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
