using System.Globalization;
using System.Net.Http.Headers;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Server.Backups;
using LiveChat.Tests.Running;

namespace LiveChat.Tests.Server.Backups;

/// <summary>A server with an internal address, a chat, and a folder for its backups.</summary>
internal sealed class BackedUpServer : IAsyncDisposable
{
    private static readonly IProgress<BackupProgress> Silent = new Progress<BackupProgress>();

    private static readonly string[] Fast =
    [
        "--LiveChat:Rates:UserPerSecond=10000", "--LiveChat:Rates:UserBurst=10000",
        "--LiveChat:Rates:ChatPerSecond=10000", "--LiveChat:Rates:ChatBurst=10000",
    ];

    private readonly HttpClient _http = new();
    private readonly TestServer _server;
    private readonly Uri _internal;
    private readonly List<string> _folders = [];

    private BackedUpServer(TestServer server, Uri inner)
    {
        (_server, _internal) = (server, inner);
        Place = NewFolder();
    }

    public TestServer Server => _server;

    /// <summary>Where the backups go.</summary>
    public string Place { get; }

    public TestSocket Ann { get; private set; } = null!;

    /// <summary>A direct chat of ann and bob.</summary>
    public string Chat { get; private set; } = "";

    public static async Task<BackedUpServer> StartAsync(params string[] options)
    {
        var (server, inner) = await TestServer.StartWithInternalAsync([.. Fast, .. options]);
        return await SetUp.OrEndAsync(new BackedUpServer(server, inner), static made => made.BeginAsync());
    }

    /// <summary>A folder that is not there, and is deleted in the end.</summary>
    public string NewFolder()
    {
        _folders.Add(TestServer.NewFolder());
        return _folders[^1];
    }

    public Task<Ack> SayAsync(string text) => Ann.AckAsync(TestSocket.Message(Chat, text));

    /// <summary>A backup, as the command line makes one.</summary>
    public Task<BackupReport> CreateAsync(string? place = null, int? keep = null, TimeSpan? keepFor = null) =>
        LiveChatBackups.CreateAsync(
            new BackupRequest(_server.Data, place ?? Place, Silent) { Keep = keep, KeepFor = keepFor },
            AskAsync,
            CancellationToken.None);

    /// <summary>A backup into a place that a test has opened.</summary>
    public Task<BackupReport> CreateAsync(IBackupPlace place) => new BackupCreation(
        new BackupShelf(place), _server.Data, new BackupOrder(Silent, Keep: null, WithoutSecret: false),
        TimeProvider.System).RunAsync(AskAsync, CancellationToken.None);

    public Task<BackupReport> VerifyAsync(string? id = null) => VerifyAsync(Place, id);

    public static Task<BackupReport> VerifyAsync(string place, string? id) =>
        LiveChatBackups.VerifyAsync(place, id, Path.GetTempPath(), Silent, CancellationToken.None);

    public Task<BackupReport> RestoreAsync(string folder, string? id = null, string? place = null) =>
        LiveChatBackups.RestoreAsync(place ?? Place, id, folder, Silent, CancellationToken.None);

    /// <summary>The value of a metric without labels.</summary>
    public async Task<long> MetricAsync(string name)
    {
        var metrics = await _http.GetStringAsync(new Uri(_internal, "/metrics"));
        var line = metrics.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        Ann?.Dispose();
        _http.Dispose();
        await _server.DisposeAsync();
        foreach (var folder in _folders.Where(Directory.Exists)) Directory.Delete(folder, recursive: true);
    }

    private async Task BeginAsync()
    {
        Ann = await _server.ConnectAsync("ann");
        Chat = (await Ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
    }

    private async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        if (_server.Exit.IsCompleted) return false;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_internal, "/v1/checkpoint"));
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer", LiveChatServer.MintOperatorToken(_server.Data));
        using var answer = await _http.SendAsync(request, cancellationToken);
        return answer.IsSuccessStatusCode ? true : throw new InvalidOperationException(
            await answer.Content.ReadAsStringAsync(cancellationToken));
    }
}
