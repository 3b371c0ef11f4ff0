using LiveChat.Core.Sessions;
using LiveChat.Tests.Server;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>What an operator hears of sign-ins that were refused.</summary>
public sealed class RefusedSignInsTests : IDisposable
{
    private readonly LineCollector _log = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void At_most_one_line_in_ten_seconds_says_how_many_there_were_between()
    {
        using var loggers = LoggerFactory.Create(_log.Listen);
        var refused = new RefusedSignIns(_time, loggers.CreateLogger<SignIn>());
        refused.Note("the token has expired");
        refused.Note("the token is not valid");
        _time.Advance(TimeSpan.FromSeconds(9.9));
        refused.Note("the token is not valid");
        _time.Advance(TimeSpan.FromSeconds(0.1));
        refused.Note("the token was revoked");
        _time.Advance(TimeSpan.FromSeconds(10));
        refused.Note("the user is disabled");

        const string After = "more were refused since the last such line.";
        Assert.Equal(
            [
                $"A sign-in was refused: the token has expired. 0 {After}",
                $"A sign-in was refused: the token was revoked. 2 {After}",
                $"A sign-in was refused: the user is disabled. 0 {After}",
            ],
            _log.Lines.Select(line => line.Text.TrimEnd()));
        Assert.All(_log.Lines, line => Assert.Equal(LogLevel.Warning, line.Level));
    }

    public void Dispose() => _log.Dispose();
}
