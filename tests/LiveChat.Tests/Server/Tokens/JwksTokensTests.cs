using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using LiveChat.Core.Sessions;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Server.Tokens;

/// <summary>Tokens of an issuer whose public keys come from a real HTTP server.</summary>
public sealed class JwksTokensTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly KeyServer _server = new();
    private readonly RSA _rsa = RSA.Create(2_048);
    private readonly ECDsa _curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly JwksKeys _keys;
    private readonly JwksTokens _tokens;

    public JwksTokensTests()
    {
        var options = new TokenOptions { Issuer = "https://issuer", Audience = "chat", KeysUrl = _server.Url };
        _keys = new JwksKeys(_server.Url, _time, NullLogger<JwksKeys>.Instance);
        _tokens = new JwksTokens(_keys, options, _time);
        _server.Document = Set(RsaKey("r1"), CurveKey("e1"));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _keys.DisposeAsync();
        await _server.DisposeAsync();
        _rsa.Dispose();
        _curve.Dispose();
    }

    [Fact]
    public async Task Tokens_of_both_algorithms_are_valid_and_the_keys_are_fetched_once()
    {
        var answer = await VerifyAsync(Rs256("r1"));
        Assert.Equal((TokenStatus.Valid, "ann"), (answer.Status, answer.User.Value));
        Assert.Equal((1_799_999_990_000, "phone"), (answer.IssuedAtMs, answer.Device));
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Es256("e1"))).Status);
        for (var i = 0; i < 20; i++) await VerifyAsync(Rs256("r1"));
        Assert.Equal(1, _server.Requests);
    }

    [Fact]
    public async Task A_new_key_is_found_by_the_first_token_that_names_it_and_an_old_one_is_forgotten()
    {
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r1"))).Status);
        _server.Document = Set(RsaKey("r2"));
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r2"))).Status);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(Rs256("r1"))).Status);
        Assert.Equal(3, _server.Requests);
    }

    [Fact]
    public async Task A_new_key_that_cannot_be_looked_up_yet_may_come_again_and_is_then_found()
    {
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r1"))).Status);
        _server.Document = Set(RsaKey("r2"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TokenStatus.Unavailable, (await VerifyAsync(Rs256("r2"))).Status);
        Assert.Equal(1, _server.Requests);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r2"))).Status);
    }

    [Fact]
    public async Task A_server_that_hangs_delays_nobody_whose_key_is_known()
    {
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r1"))).Status);
        _server.Document = Set(RsaKey("r2"));
        var answering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Held = answering.Task;
        _time.Advance(TimeSpan.FromMinutes(10));
        for (var i = 0; i < 20; i++)
            Assert.Equal(
                TokenStatus.Valid,
                (await VerifyAsync(Rs256("r1")).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System))
                    .Status);
        Assert.False(_keys.Refresh.IsCompleted);
        answering.SetResult();
        await _keys.Refresh;
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r2"))).Status);
        Assert.Equal(2, _server.Requests);
    }

    [Fact]
    public async Task A_refresh_that_hangs_ends_with_the_server()
    {
        var keys = new JwksKeys(_server.Url, _time, NullLogger<JwksKeys>.Instance);
        Assert.NotNull((await keys.FindAsync("r1", TestContext.Current.CancellationToken)).Key);
        var answering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Held = answering.Task;
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.NotNull((await keys.FindAsync("r1", TestContext.Current.CancellationToken)).Key);
        await keys.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        answering.SetResult();
    }

    [Fact]
    public async Task Keys_are_looked_at_again_after_ten_minutes()
    {
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r1"))).Status);
        _server.Document = Set(RsaKey("r2"));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r1"))).Status);
        await _keys.Refresh;
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(Rs256("r1"))).Status);
    }

    [Fact]
    public async Task A_flood_of_made_up_key_names_costs_one_request_in_30_s()
    {
        await VerifyAsync(Rs256("r1"));
        _time.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
            Assert.Equal(
                TokenStatus.Unavailable,
                (await VerifyAsync(Rs256(i.ToString(CultureInfo.InvariantCulture)))).Status))));
        Assert.Equal(1, _server.Requests);
        _time.Advance(TimeSpan.FromSeconds(31));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => VerifyAsync(Rs256("x")).AsTask())));
        Assert.Equal(2, _server.Requests);
    }

    [Fact]
    public async Task While_the_server_is_away_known_keys_are_kept_and_unknown_ones_are_not_known()
    {
        _server.Status = HttpStatusCode.InternalServerError;
        Assert.Equal(TokenStatus.Unavailable, (await VerifyAsync(Rs256("r1"))).Status);
        _server.Status = HttpStatusCode.OK;
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r1"))).Status);

        _server.Status = HttpStatusCode.InternalServerError;
        _time.Advance(TimeSpan.FromHours(5));
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r1", iat: 0, exp: 1_900_000_000))).Status);
        Assert.Equal(TokenStatus.Unavailable, (await VerifyAsync(Rs256("r2"))).Status);
    }

    [Fact]
    public async Task A_document_that_is_huge_or_no_set_of_keys_leaves_the_former_ones()
    {
        await VerifyAsync(Rs256("r1"));
        foreach (var bad in (string[])[
            Set([.. Enumerable.Range(0, 101).Select(i => RsaKey($"k{i}"))]),
            Set(RsaKey("r2")) + new string(' ', 300_000), "<html>", "[]", """{"keys":[]}""",
            """{"keys":[{"kty":"oct","kid":"o1","k":"AAAA"}]}"""])
        {
            _server.Document = bad;
            _time.Advance(TimeSpan.FromMinutes(10));
            Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r1"))).Status);
            await _keys.Refresh;
        }

        Assert.Equal(7, _server.Requests);
    }

    [Fact]
    public async Task A_document_in_an_encoding_that_nobody_knows_leaves_the_former_keys()
    {
        await VerifyAsync(Rs256("r1"));
        _server.ContentType = "application/json; charset=no-such";
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r1"))).Status);
        await _keys.Refresh;
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Rs256("r1"))).Status);
        Assert.Equal(TokenStatus.Unavailable, (await VerifyAsync(Rs256("r2"))).Status);
        Assert.Equal(2, _server.Requests);
    }

    [Fact]
    public async Task Another_family_of_algorithms_is_refused_before_a_key_is_looked_for()
    {
        var publicKey = _rsa.ExportSubjectPublicKeyInfo();
        var pem = Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem());
        foreach (var secret in (byte[][])[publicKey, pem, Encoding.ASCII.GetBytes(RsaKey("r1"))])
            Assert.Equal(
                TokenStatus.Invalid,
                (await VerifyAsync(Token("HS256", "r1", data => HMACSHA256.HashData(secret, data)))).Status);
        foreach (var name in (string[])["none", "None", "NONE", ""])
            Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(Token(name, "r1", _ => []))).Status);
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(Token("RS384", "r1", data =>
            _rsa.SignData(data, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1)))).Status);
        Assert.Equal(0, _server.Requests);
    }

    [Fact]
    public async Task A_key_signs_with_its_own_algorithm_only_and_for_its_own_issuer_and_audience()
    {
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(Rs256("e1"))).Status);
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(Es256("r1"))).Status);
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(Rs256("r1", iss: "https://other"))).Status);
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(Rs256("r1", aud: "other"))).Status);
        Assert.Equal(TokenStatus.Expired, (await VerifyAsync(Rs256("r1", exp: 1_800_000_000))).Status);
    }

    [Theory]
    [InlineData("http://keys.example/jwks", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("jwks", false)]
    [InlineData("https://keys.example/jwks", true)]
    [InlineData("http://localhost:9/jwks", true)]
    public void Keys_come_over_https_or_from_this_machine(string address, bool isAllowed) =>
        Assert.Equal(isAllowed, JwksKeys.IsAllowed(address));

    private ValueTask<TokenAnswer> VerifyAsync(string token) =>
        _tokens.VerifyAsync(token, TestContext.Current.CancellationToken);

    private string Rs256(
        string kid,
        string iss = "https://issuer",
        string aud = "chat",
        long iat = 1_799_999_990,
        long exp = 1_800_086_400) =>
        Token(
            "RS256", kid, data => _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            iss, aud, iat, exp);

    private string Es256(string kid) =>
        Token("ES256", kid, data => _curve.SignData(data, HashAlgorithmName.SHA256));

    private static string Token(
        string alg,
        string kid,
        Func<byte[], byte[]> sign,
        string iss = "https://issuer",
        string aud = "chat",
        long iat = 1_799_999_990,
        long exp = 1_800_086_400)
    {
        var header = $$"""{"alg":"{{alg}}","typ":"JWT","kid":"{{kid}}"}""";
        var claims = $$"""
            {"iss":"{{iss}}","aud":"{{aud}}","sub":"ann","device":"phone","iat":{{iat}},"exp":{{exp}}}
            """;
        var content = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(claims))}";
        return $"{content}.{Encode(sign(Encoding.ASCII.GetBytes(content)))}";
    }

    private string RsaKey(string kid)
    {
        var key = _rsa.ExportParameters(includePrivateParameters: false);
        return $$"""
            {"kty":"RSA","use":"sig","kid":"{{kid}}","n":"{{Encode(key.Modulus!)}}","e":"{{Encode(key.Exponent!)}}"}
            """;
    }

    private string CurveKey(string kid)
    {
        var point = _curve.ExportParameters(includePrivateParameters: false).Q;
        return $$"""
            {"kty":"EC","crv":"P-256","kid":"{{kid}}","x":"{{Encode(point.X!)}}","y":"{{Encode(point.Y!)}}"}
            """;
    }

    private static string Set(params string[] keys) => $$"""{"keys":[{{string.Join(',', keys)}}]}""";

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
