using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace LiveChat.Server.Tokens;

/// <summary>
/// The public keys of the issuer, fetched from one address and kept. They are fetched again when they are ten minutes
/// old, in the background, while those that are known go on being good; and at once for a name that is not there, since
/// keys rotate. But never more often than every 30 s, so that a flood of made-up names costs nothing: until then nobody
/// knows what becomes of an unknown name, and whoever shows one may come again. A fetch that fails (5 s, 256 KB, no
/// redirects) leaves the keys as they are. Any thread; one fetches, under the gate, and of the others only those wait
/// for it whose key is not known.
/// </summary>
internal sealed partial class JwksKeys : IAsyncDisposable
{
    private const int DocumentBytesMax = 256 * 1024;
    private const int KeysMax = 100;
    private const int RsaBitsMin = 2_048;
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FetchEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FetchAgainAfter = TimeSpan.FromSeconds(30);

    private readonly Uri _address;
    private readonly TimeProvider _time;
    private readonly ILogger<JwksKeys> _logger;
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private volatile Snapshot _now = new(FrozenDictionary<string, SecurityKey>.Empty, null, null, IsLastGood: false);

    public JwksKeys(string address, TimeProvider time, ILogger<JwksKeys> logger)
    {
        if (!IsAllowed(address)) throw new FormatException($"{address} is no https address.");
        (_address, _time, _logger) = (new Uri(address), time, logger);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            MaxResponseContentBufferSize = DocumentBytesMax,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Whether keys may be fetched from there: nobody on the way can change them.</summary>
    public static bool IsAllowed(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));

    /// <summary>The refresh in the background that runs, or the last one that did.</summary>
    public Task Refresh { get; private set; } = Task.CompletedTask;

    /// <summary>The key of this name. A token without a name means the only key, if there is only one.</summary>
    public async ValueTask<KeyAnswer> FindAsync(string? kid, CancellationToken cancellationToken)
    {
        var asked = _time.GetTimestamp();
        var now = _now;
        if (now.Find(kid) is { } known)
        {
            // Whoever enters the gate has it until the refresh is over: there is one at a time.
            if (IsOld(now) && MayFetch(now) && _gate.Wait(0, CancellationToken.None)) Refresh = RefreshAsync();
            return new KeyAnswer(known);
        }

        if (MayFetch(now))
        {
            await _gate.WaitAsync(cancellationToken);
            try
            {
                if (_now.Find(kid) is null && MayFetch(_now)) _now = await FetchAsync(_now);
            }
            finally
            {
                _gate.Release();
            }
        }

        return Answer(_now, kid, asked);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Refresh;
        _http.Dispose();
        _gate.Dispose();
        _stopping.Dispose();
    }

    private bool MayFetch(Snapshot now) =>
        now.TriedAt is not { } tried || _time.GetElapsedTime(tried) >= FetchAgainAfter;

    private bool IsOld(Snapshot now) => now.FetchedAt is not { } fetched || _time.GetElapsedTime(fetched) >= FetchEvery;

    /// <summary>There is no such key only when the issuer's keys were fetched since somebody asked for it, or when it
    /// has no name to fetch it by.</summary>
    private static KeyAnswer Answer(Snapshot now, string? kid, long asked)
    {
        var key = now.Find(kid);
        var isSure = now.IsLastGood && (kid is null || now.FetchedAt >= asked);
        return new KeyAnswer(key, IsUnavailable: key is null && !isSure);
    }

    private async Task RefreshAsync()
    {
        try
        {
            if (MayFetch(_now)) _now = await FetchAsync(_now);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Not cancelled by the one who asked: whoever goes away would cost the others 30 s.</summary>
    private async Task<Snapshot> FetchAsync(Snapshot former)
    {
        var tried = _time.GetTimestamp();
        try
        {
            using var timeout = new CancellationTokenSource(FetchTimeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
            using var response = await _http.GetAsync(_address, both.Token);
            response.EnsureSuccessStatusCode();
            var keys = Read(await response.Content.ReadAsStringAsync(both.Token));
            LogFetched(keys.Count);
            return new Snapshot(keys, tried, tried, IsLastGood: true);
        }
        catch (Exception failed)
        {
            // Whatever it was, and the issuer can cause a lot: the next try is 30 s away, and the keys stay.
            LogNotFetched(failed.Message, former.Keys.Count);
            return former with { TriedAt = tried, IsLastGood = false };
        }
    }

    /// <summary>The keys for signatures of our two algorithms; whatever else is in the document is left out.</summary>
    private static FrozenDictionary<string, SecurityKey> Read(string document)
    {
        var set = new JsonWebKeySet(document);
        if (set.Keys.Count > KeysMax) throw new FormatException($"There are more than {KeysMax} keys.");
        var keys = new Dictionary<string, SecurityKey>(StringComparer.Ordinal);
        foreach (var key in set.Keys)
        {
            var isUsable = key.Kty switch
            {
                JsonWebAlgorithmsKeyTypes.RSA => key.KeySize >= RsaBitsMin,
                JsonWebAlgorithmsKeyTypes.EllipticCurve => key.Crv == JsonWebKeyECTypes.P256,
                _ => false,
            };
            if (isUsable && key is { Kid: { Length: > 0 } kid, Use: null or "" or "sig" }) keys.TryAdd(kid, key);
        }

        return keys.Count > 0 ? keys.ToFrozenDictionary() : throw new FormatException("There is no usable key.");
    }

    [LoggerMessage(8010, LogLevel.Information, "Fetched {Count} keys of the tokens' issuer.")]
    private partial void LogFetched(int count);

    [LoggerMessage(8011, LogLevel.Error, "The issuer's keys cannot be fetched ({Reason}); {Count} are kept.")]
    private partial void LogNotFetched(string reason, int count);

    /// <summary>What is known: replaced as a whole.</summary>
    private sealed record Snapshot(
        FrozenDictionary<string, SecurityKey> Keys, long? FetchedAt, long? TriedAt, bool IsLastGood)
    {
        public SecurityKey? Find(string? kid) => kid is not null
            ? Keys.GetValueOrDefault(kid)
            : Keys.Count == 1 ? Keys.Values[0] : null;
    }
}
