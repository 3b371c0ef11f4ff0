using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster;

/// <summary>
/// The password that this server shows a service, in a file that is read again every five seconds while the server
/// runs. A file that cannot be read, or is empty, leaves the former password. Any thread reads <see cref="Password"/>;
/// one loop reads the file.
/// </summary>
internal sealed partial class PasswordFile : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly Action<string> _changed;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _looking;
    private volatile string _password;

    /// <param name="path">The file.</param>
    /// <param name="changed">Hears of another password. May throw <see cref="InvalidOperationException"/>: then the
    /// former one stays.</param>
    /// <param name="time">The clock of the looks.</param>
    /// <param name="logger">Hears of changes.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it be.</exception>
    public PasswordFile(string path, Action<string> changed, TimeProvider time, ILogger logger)
    {
        (_path, _changed, _logger) = (path, changed, logger);
        _password = Read(path);
        _looking = LookAsync(time, _stop.Token);
    }

    public string Password => _password;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looking;
        _stop.Dispose();
    }

    /// <summary>The password in a file, which may end with a line break.</summary>
    public static string Read(string path) => File.ReadAllText(path).TrimEnd('\r', '\n');

    private async Task LookAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken)) Look();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The node ends.
        }
    }

    private void Look()
    {
        try
        {
            var (former, password) = (_password, Read(_path));
            if (password.Length == 0 || password == former) return;
            _password = password; // What is made from here on has it; the callback tells what was made before.
            try
            {
                _changed(password);
            }
            catch
            {
                _password = former;
                throw;
            }

            LogChanged(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            LogUnreadable(_path, e.Message);
        }
    }

    [LoggerMessage(11050, LogLevel.Information, "The password in {File} has changed and was read again.")]
    private partial void LogChanged(string file);

    [LoggerMessage(11051, LogLevel.Error,
        "The password file {File} cannot be used, and the former password stays: {Reason}")]
    private partial void LogUnreadable(string file, string reason);
}
