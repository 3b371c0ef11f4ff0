using System.Text;
using System.Text.Json;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Server.Tokens;

public sealed class JwtTokensTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly UserId Ann = UserId.Parse("ann");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    [Fact]
    public async Task A_minted_token_is_valid_until_it_expires()
    {
        var tokens = new JwtTokens(Secret, new TokenOptions(), _time);
        var token = tokens.Mint(Ann, TimeSpan.FromHours(1));
        var answer = await VerifyAsync(token);
        Assert.Equal(TokenStatus.Valid, answer.Status);
        Assert.Equal(Ann, answer.User);
        Assert.Equal(_time.GetUtcNow().AddHours(1), answer.ExpiresAt);

        Assert.Equal(1_800_000_000_000, answer.IssuedAtMs);
        Assert.Null(answer.Device);

        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(token)).Status);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TokenStatus.Expired, (await VerifyAsync(token)).Status);
    }

    [Fact]
    public async Task A_token_of_another_secret_is_invalid()
    {
        var other = new JwtTokens(new byte[32], new TokenOptions(), _time).Mint(Ann, TimeSpan.FromHours(1));
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(other)).Status);
    }

    public static TheoryData<string, string> Forged() => new()
    {
        { """{"alg":"none","typ":"JWT"}""", Claims() },
        { """{"alg":"None","typ":"JWT"}""", Claims() },
        { """{"alg":"HS512","typ":"JWT"}""", Claims() },
        { """{"alg":"RS256","typ":"JWT"}""", Claims() },
        { """{"alg":"HS256","typ":"at+jwt"}""", Claims() },
        { """{"alg":"HS256","typ":"JWT"}""", Claims(aud: "other") },
        { """{"alg":"HS256","typ":"JWT"}""", Claims(iss: "other") },
        { """{"alg":"HS256","typ":"JWT"}""", Claims(sub: "bad id") },
        { """{"alg":"HS256","typ":"JWT"}""", Claims(sub: "") },
        { """{"alg":"HS256","typ":"JWT"}""", Claims(nbf: 1_800_000_031) },
        { """{"alg":"HS256","typ":"JWT"}""", """{"iss":"livechat","aud":"livechat","sub":"ann"}""" },
        { """{"alg":"HS256","typ":"JWT"}""", Claims()[..^1] + ",\"iat\":1800000031}" },
        { """{"alg":"HS256","typ":"JWT"}""", Claims()[..^1] + ",\"device\":\"a b\"}" },
        { """{"alg":"HS256","typ":7}""", Claims() },
        { """{"alg":"HS256","typ":""}""", Claims() },
        { """{"alg":"HS256","typ":"JWT","crit":["exp"]}""", Claims() },
        { """{"alg":"HS256","typ":"JWT","crit":["http://example.com/x"],"http://example.com/x":1}""", Claims() },
        { """{"alg":"HS256","typ":"JWT","crit":[]}""", Claims() },
        { """{"alg":"HS256","typ":"JWT","crit":"b64"}""", Claims() },
        { """{"alg":"HS256","typ":"JWT","crit":null}""", Claims() },
        { """{"alg":"HS256","typ":"JWT"}""", Claims(sub: ".") },
        { """{"alg":"HS256","typ":"JWT"}""", Claims(sub: "..") },
        { """{"alg":"HS256","typ":"JWT"}""", Claims()[..^1] + ",\"device\":\"..\"}" },
        { "{}", Claims() },
    };

    [Theory]
    [MemberData(nameof(Forged))]
    public async Task A_forged_token_is_invalid(string header, string claims) =>
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(Sign(header, claims))).Status);

    [Theory]
    [InlineData("""{"alg":"HS256"}""")]
    [InlineData("""{"alg":"HS256","typ":"jwt"}""")]
    [InlineData("""{"alg":"HS256","typ":"Jwt"}""")]
    public async Task The_type_of_a_token_may_be_left_out_and_its_case_does_not_matter(string header) =>
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Sign(header, Claims()))).Status);

    [Theory]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""")]
    [InlineData("""{"alg":"HS256","typ":"JWT","kid":"../../dev/null"}""")]
    [InlineData("""{"alg":"HS256","typ":"JWT","jku":"http://127.0.0.1:1/keys"}""")]
    public async Task Keys_come_from_the_secret_alone(string header) =>
        Assert.Equal(TokenStatus.Valid, (await VerifyAsync(Sign(header, Claims()))).Status);

    [Theory]
    [InlineData("")]
    [InlineData("a.b.c")]
    [InlineData("not a token")]
    [InlineData("..")]
    public async Task What_is_no_token_is_invalid(string token) =>
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(token)).Status);

    [Fact]
    public async Task A_token_longer_than_8_KB_is_invalid() =>
        Assert.Equal(TokenStatus.Invalid, (await VerifyAsync(new string('a', 9_000))).Status);

    [Fact]
    public void A_secret_is_made_once_for_its_owner_alone_and_a_short_one_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("livechat-secret-");
        try
        {
            var made = TokenSecret.ReadOrCreate(folder.FullName);
            Assert.Equal(32, made.Length);
            Assert.Equal(made, TokenSecret.ReadOrCreate(folder.FullName));
            var path = Path.Combine(folder.FullName, TokenSecret.FileName);
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));

            foreach (var weak in (byte[][])[
                Secret[..31], new byte[32], "my-very-Secret-0123456789abcdefghijkl"u8.ToArray()])
            {
                File.WriteAllBytes(path, weak);
                Assert.Throws<InvalidDataException>(() => TokenSecret.ReadOrCreate(folder.FullName));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private ValueTask<TokenAnswer> VerifyAsync(string token) =>
        new JwtTokens(Secret, new TokenOptions(), _time).VerifyAsync(token, TestContext.Current.CancellationToken);

    private static string Claims(
        string sub = "ann", string iss = "livechat", string aud = "livechat", long nbf = 1_800_000_000) =>
        JsonSerializer.Serialize(new { iss, aud, sub, nbf, exp = 1_800_003_600 });

    /// <summary>Signs with the right secret, whatever the header says.</summary>
    private static string Sign(string header, string claims)
    {
        var content = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(claims))}";
        var signature = System.Security.Cryptography.HMACSHA256.HashData(Secret, Encoding.ASCII.GetBytes(content));
        return $"{content}.{Encode(signature)}";
    }

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
