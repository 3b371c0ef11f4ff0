using System.Text.Json;
using LiveChat.EndToEnd.Commands;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.EndToEnd.Screen;

/// <summary><c>livechat chat</c> in a real terminal.</summary>
public sealed class ChatScreenTests : IAsyncLifetime
{
    private readonly ScratchDirectory _folder = new();
    private readonly Uri _url = CrashServer.FreeEndpoint();
    private CrashServer? _server;
    private TmuxTerminal? _terminal;

    private TmuxTerminal Terminal => _terminal!;

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static test => test.BeginAsync());

    public async ValueTask DisposeAsync()
    {
        if (_terminal is not null) await _terminal.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Another_size_is_drawn_at_once()
    {
        await Terminal.TypeAsync("some words");
        await Terminal.UntilAsync(lines => lines[^1].TrimEnd() == "> some words" && lines.Length == 24);
        await Terminal.ResizeAsync(60, 12);
        await Terminal.UntilAsync(lines => IsWhole(lines, 12));
        await Terminal.ResizeAsync(100, 30);
        await Terminal.UntilAsync(lines => IsWhole(lines, 30));

        static bool IsWhole(string[] lines, int rows) => lines.Length == rows
            && lines[^1].TrimEnd() == "> some words"
            && lines[0].StartsWith("LiveChat · ann · bob", StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_terminal_is_the_shells_after_control_z_and_the_chats_again_after_fg()
    {
        await Terminal.TypeAsync("unfinished");
        await Terminal.UntilAsync("> unfinished");
        await Terminal.PressAsync("C-z");
        await Terminal.UntilAsync(lines =>
            lines.Any(line => line.Contains("Stopped", StringComparison.Ordinal))
            && !lines.Any(line => line.StartsWith("LiveChat ·", StringComparison.Ordinal)));
        await Terminal.TypeAsync("fg");
        await Terminal.PressAsync("Enter");
        await Terminal.UntilAsync(lines =>
            lines[0].StartsWith("LiveChat · ann · bob", StringComparison.Ordinal)
            && lines[^1].TrimEnd() == "> unfinished");
        await Terminal.TypeAsync(" business");
        await Terminal.UntilAsync("> unfinished business");
        await Terminal.PressAsync("C-u");
        await Terminal.TypeAsync("/quit");
        await Terminal.PressAsync("Enter");
        await Terminal.UntilAsync(lines => lines.Any(line => line.Contains("Stopped", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Pasted_lines_are_one_message_and_keys_edit_it()
    {
        await Terminal.PasteAsync("first line\nsecond line\n");
        await Terminal.UntilAsync("> first line↵second line↵");
        await Terminal.PressAsync("BSpace", "Home", "Delete");
        await Terminal.TypeAsync("F");
        await Terminal.PressAsync("End", "Left", "Left", "Left", "Left");
        await Terminal.TypeAsync("(and last) ");
        await Terminal.PressAsync("Enter");
        await Terminal.UntilAsync(">");
        await Terminal.PressAsync("Up");
        await Terminal.UntilAsync("> First line↵second (and last) line");

        await using var history = RunningCommand.Start(
            ["history", "@bob", "--output", "json", "--wait", "60", .. Access("ann")]);
        var (_, said) = await history.EndAsync();
        using var message = JsonDocument.Parse(Assert.Single(said.TrimEnd('\n').Split('\n')));
        var text = message.RootElement.GetProperty("data").GetProperty("body").GetProperty("text").GetString();
        Assert.Equal("First line\nsecond (and last) line", text);
    }

    private async Task BeginAsync()
    {
        await Requirement.ProgramAsync("tmux", "tmux", "-V");

        // A busy machine takes its time to start the command.
        var environment = new Dictionary<string, string> { ["LIVECHAT__SESSIONS__CONNECTSECONDS"] = "120" };
        _server = await CrashServer.StartAsync(Path.Combine(_folder.Path, "data"), _url, environment);
        _terminal = await TmuxTerminal.StartAsync(_folder.Path, 80, 24);
        var command = $"dotnet {Path.Combine(AppContext.BaseDirectory, "livechat.dll")} chat --with bob";
        await Terminal.TypeAsync($"{command} {string.Join(' ', Access("ann"))}");
        await Terminal.PressAsync("Enter");
        await Terminal.UntilAsync(lines => lines[0].StartsWith("LiveChat · ann · bob", StringComparison.Ordinal));
    }

    private string[] Access(string user) =>
        ["--user", user, "--data", Path.Combine(_folder.Path, "data"), "--url", _url.GetLeftPart(UriPartial.Authority)];
}
