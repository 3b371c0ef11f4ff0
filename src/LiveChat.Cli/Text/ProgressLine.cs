using System.Globalization;
using LiveChat.Server.Backups;
using LiveChat.Server.Doctor;

namespace LiveChat.Cli.Text;

/// <summary>
/// Says how far a piece of work is: on a terminal on one line that is written over, elsewhere a line for each stage and
/// for every ten seconds of it. One thread.
/// </summary>
internal sealed class ProgressLine(TextWriter output, bool isRedirected, TimeProvider time)
    : IProgress<BackupProgress>, IDisposable
{
    private static readonly TimeSpan TerminalPeriod = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LinePeriod = TimeSpan.FromSeconds(10);

    private string? _stage;
    private long _writtenAt;
    private int _width;

    public void Report(BackupProgress value)
    {
        var isNew = value.Stage != _stage;
        var period = isRedirected ? LinePeriod : TerminalPeriod;
        var isDone = value.Bytes == value.BytesTotal && value.BytesTotal > 0;
        if (!isNew && !isDone && time.GetElapsedTime(_writtenAt) < period) return;
        (_stage, _writtenAt) = (value.Stage, time.GetTimestamp());
        var text = value.BytesTotal == 0
            ? $"{value.Stage} …"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{value.Stage}: {Amount(value, value.Bytes)} of {Amount(value, value.BytesTotal)}");
        Say(text);
    }

    private static string Amount(BackupProgress value, long amount) => value.Unit is { } unit
        ? string.Create(CultureInfo.InvariantCulture, $"{amount:N0} {unit}")
        : SizeText.Of(amount);

    /// <summary>Says a line now.</summary>
    public void Say(string text)
    {
        if (isRedirected)
        {
            output.WriteLine(text);
            return;
        }

        output.Write($"\r{text.PadRight(_width)}");
        _width = text.Length;
    }

    /// <summary>Leaves the line of a terminal free for what comes next.</summary>
    public void Dispose()
    {
        if (_width > 0) output.Write($"\r{new string(' ', _width)}\r");
        _width = 0;
    }
}
