using System.Diagnostics;
using System.Globalization;
using LiveChat.Cluster.Presence;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.Cluster.Tests.Presence;

/// <summary>Debian's Redis in a process and a folder of its own, which tests kill, freeze and start again. Without the
/// program the test is skipped, and fails where LIVECHAT_REQUIRE names redis.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    public const string ShippedPassword = "a-password";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("livechat-redis-").FullName;
    private readonly RedisCertificates? _certificates;
    private string[] _options;
    private string? _configuration;
    private TimeSpan? _clock;
    private Process? _process;

    private RedisProcess(string[] options, bool hasClock = false, RedisCertificates? certificates = null)
    {
        (Port, _options) = (FreePorts.ForService(nodes: 1, consecutive: 1), ["--save", "", .. options]);
        _certificates = certificates;
        if (hasClock) _clock = new DateTime(2030, 1, 1) - DateTime.UnixEpoch;
    }

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Where it keeps what it writes.</summary>
    public string Folder => _folder;

    private string ClockFile => Path.Combine(_folder, "clock");

    /// <param name="options">Its options as on its command line, such as <c>--requirepass</c> and a word.</param>
    public static Task<RedisProcess> StartAsync(params string[] options) => StartAsync(hasClock: false, options);

    /// <summary>One whose clock stands still, until the test moves it.</summary>
    public static Task<RedisProcess> StartWithClockAsync(params string[] options) =>
        StartAsync(hasClock: true, options);

    /// <summary>One with the configuration and the users that are shipped, but for its address and folder.</summary>
    /// <param name="certificates">When given, it speaks TLS only, and asks for a certificate.</param>
    /// <param name="options">What is other than shipped.</param>
    public static async Task<RedisProcess> StartShippedAsync(
        RedisCertificates? certificates = null, params string[] options)
    {
        await RequireAsync();
        return await SetUp.OrEndAsync(new RedisProcess([], certificates: certificates), async redis =>
        {
            var users = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "redis", "users.acl"));
            var file = Path.Combine(redis._folder, "users.acl");
            await File.WriteAllTextAsync(file, users.Replace("CHANGE-ME", ShippedPassword, StringComparison.Ordinal));
            await File.WriteAllTextAsync(Path.Combine(redis._folder, "password"), ShippedPassword);
            redis._options = ["--aclfile", file, .. options];
            redis._configuration = Path.Combine(redis._folder, "redis.conf");

            // A sentinel has Redis write into its configuration what is new.
            File.Copy(Path.Combine(AppContext.BaseDirectory, "redis", "redis.conf"), redis._configuration);
            await redis.StartAgainAsync();
        });
    }

    /// <summary>A sentinel.</summary>
    /// <param name="certificates">When given, it speaks TLS only.</param>
    /// <param name="configuration">Its file.</param>
    public static async Task<RedisProcess> StartSentinelAsync(RedisCertificates? certificates, string configuration)
    {
        await RequireAsync();
        return await SetUp.OrEndAsync(new RedisProcess([], certificates: certificates), async redis =>
        {
            redis._options = ["--sentinel"];
            redis._configuration = Path.Combine(redis._folder, "sentinel.conf");
            await File.WriteAllTextAsync(redis._configuration, configuration);
            await redis.StartAgainAsync();
        });
    }

    /// <summary>How a server signs in there.</summary>
    public RedisOptions ShippedOptions() => new()
    {
        Endpoints = Address,
        User = "livechat",
        PasswordFile = Path.Combine(_folder, "password"),
        Tls = _certificates is not null,
        CertificateAuthority = _certificates?.Authority,
        ClientCertificate = _certificates?.Both,
    };

    /// <summary>Moves its clock.</summary>
    public void Pass(TimeSpan time)
    {
        _clock += time;
        WriteClock();
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        var process = _process!;
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Patience, TimeProvider.System);
        process.Dispose();
        _process = null;
    }

    /// <summary>Starts it in the same place; it has what it wrote down.</summary>
    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo(
            "redis-server",
            [
                .. _configuration is null ? [] : (string[])[_configuration],
                .. _certificates is null ? ["--port", $"{Port}"] : _certificates.OptionsOf(Port),
                "--bind", "127.0.0.1",
                "--dir", _folder,
                .. _options,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (_clock is not null) await FakeClockAsync(start);
        _process = Process.Start(start) ?? throw new InvalidOperationException("redis-server did not start.");
        var said = Task.WhenAll(_process.StandardOutput.ReadToEndAsync(), _process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await AnswersAsync())
        {
            if (_process.HasExited) throw new InvalidOperationException(string.Concat(await said));
            await Task.Delay(Look, TimeProvider.System, limit.Token);
        }
    }

    /// <summary>What it wrote down is gone.</summary>
    public void Empty() => Directory.Delete(Path.Combine(_folder, "appendonlydir"), recursive: true);

    /// <summary>SIGSTOP.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>SIGCONT.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    /// <summary>What redis-cli says to a command.</summary>
    public async Task<string> AskAsync(params string[] command)
    {
        var (exitCode, said) = await RunAsync("redis-cli", [.. OfClient(), "--no-auth-warning", .. command]);
        Assert.True(exitCode == 0, said);
        return said.Trim();
    }

    /// <summary>The same; null when it is not answered.</summary>
    public async Task<string?> TryAskAsync(params string[] command)
    {
        var (exitCode, said) = await RunAsync("redis-cli", [.. OfClient(), "--no-auth-warning", .. command]);
        return exitCode == 0 ? said.Trim() : null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Skips the test where the programs are not, or fails it.</summary>
    public static async Task RequireAsync()
    {
        string? missing = null;
        foreach (var program in (string[])["redis-server", "redis-cli", "cc"])
        {
            try
            {
                await RunAsync(program, ["--version"]);
            }
            catch (System.ComponentModel.Win32Exception e)
            {
                missing = $"{program} is not there: {e.Message}";
            }
        }

        if (missing is null) return;
        var required = Environment.GetEnvironmentVariable("LIVECHAT_REQUIRE")?.Split(',') ?? [];
        if (required.Contains("redis")) Assert.Fail($"LIVECHAT_REQUIRE names redis, but {missing}");
        Assert.Skip(missing);
    }

    private static async Task<RedisProcess> StartAsync(bool hasClock, string[] options)
    {
        await RequireAsync();
        return await SetUp.OrEndAsync(
            new RedisProcess(options, hasClock), static redis => redis.StartAgainAsync());
    }

    private static async Task<(int ExitCode, string Said)> RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException($"{program} did not start.");
        var said = await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(said));
    }

    private string[] OfClient() => ["-p", $"{Port}", .. _certificates?.OptionsOfClient ?? []];

    private async Task<bool> AnswersAsync()
    {
        var (exitCode, said) = await RunAsync("redis-cli", [.. OfClient(), "PING"]);
        return exitCode == 0 && (said.Contains("PONG", StringComparison.Ordinal)
            || said.Contains("NOAUTH", StringComparison.Ordinal));
    }

    /// <summary>Its clock is a file of eight bytes, by a library that is made here and loaded before its own.</summary>
    private async Task FakeClockAsync(ProcessStartInfo start)
    {
        var library = Path.Combine(_folder, "clock.so");
        if (!File.Exists(library))
        {
            var source = Path.Combine(AppContext.BaseDirectory, "clock.c");
            var (exitCode, said) = await RunAsync("cc", ["-O2", "-shared", "-fPIC", "-o", library, source]);
            Assert.True(exitCode == 0, said);
        }

        WriteClock();
        start.Environment["LD_PRELOAD"] = library;
        start.Environment["LIVECHAT_CLOCK"] = ClockFile;
    }

    /// <summary>In place: the process has mapped the file.</summary>
    private void WriteClock()
    {
        using var file = new FileStream(ClockFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        file.Write(BitConverter.GetBytes((long)_clock!.Value.TotalMicroseconds));
    }

    private async Task SignalAsync(string name)
    {
        var (exitCode, said) = await RunAsync(
            "kill", [$"-{name}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        Assert.True(exitCode == 0, said);
    }
}
