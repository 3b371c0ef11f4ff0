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
        { """{"alg":"HS256","typ":"JWT"}""", Changed("1800003600", "\"1800003600\"") },
        { """{"alg":"HS256","typ":"JWT"}""", Changed("1800003600", "null") },
        { """{"alg":"HS256","typ":"JWT"}""", Changed("1800003600", "true") },
        { """{"alg":"HS256","typ":"JWT"}""", Changed("1800003600", "[1800003600]") },
        { """{"alg":"HS256","typ":"JWT"}""", Changed("1800003600", "1e400") },
        { """{"alg":"HS256","typ":"JWT"}""", Changed("1800000000", "\"1800000000\"") },
        { """{"alg":"HS256","typ":"JWT"}""", Changed("\"ann\"", "7") },
        { """{"alg":"HS256","typ":"JWT"}""", Claims()[..^1] + ",\"iat\":\"1800000000\"}" },
        { """{"alg":"HS256","typ":"JWT"}""", Claims()[..^1] + ",\"device\":7}" },
        { """{"alg":"HS256","typ":"JWT"}""", Claims()[..^1] + ",\"exp\":1900000000}" },
        { """{"alg":"HS256","typ":"JWT"}""", Claims()[..^1] + ",\"sub\":\"eve\"}" },
        { """{"alg":"HS256","typ":"JWT"}""", Claims()[..^1] + ",\"role\":1,\"role\":2}" },
        { """{"alg":"HS256","alg":"HS256","typ":"JWT"}""", Claims() },
        { """{"alg":"none","typ":"JWT","alg":"HS256"}""", Claims() },
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

    [Fact]
    public async Task A_time_may_have_parts_of_a_second_and_the_token_ends_with_the_whole_one()
    {
        var claims = Changed("1800003600", "1800003600.75");
        var answer = await VerifyAsync(Sign("""{"alg":"HS256","typ":"JWT"}""", claims));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_800_003_600), answer.ExpiresAt);
    }

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

            foreach (var weak in (string[])[
                new('a', 31), new('\0', 32), "my-very-Secret-0123456789abcdefghijkl",
                "Tr0ub4dor&3-xyTr0ub4dor&3-xyTr0u", "pX7#kQ2!vB9$pX7#kQ2!vB9$pX7#kQ2!vB9$\n",
                "qwertyuiopasdfghjklzxcvbnm654321", "QwErTyUiOp-92hf7-mv83k-20dkc7-xz",
                "1q2w3e4r5t6y7u8i9o0p-unser-geheimnis", "zyxwvutsrqponmlkjihgfedcba987654"])
            {
                File.WriteAllText(path, weak);
                Assert.Throws<InvalidDataException>(() => TokenSecret.ReadOrCreate(folder.FullName));
            }

            var chance = new Random(5);
            for (var i = 0; i < 1_000; i++)
            {
                var strong = new byte[32];
                chance.NextBytes(strong);
                File.WriteAllText(path, i % 2 == 0 ? Convert.ToHexString(strong) : Convert.ToBase64String(strong));
                TokenSecret.ReadOrCreate(folder.FullName);
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

    private static string Changed(string from, string to) => Claims().Replace(from, to, StringComparison.Ordinal);

    /// <summary>Signs with the right secret, whatever the header says.</summary>
    private static string Sign(string header, string claims)
    {
        var content = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(claims))}";
        var signature = System.Security.Cryptography.HMACSHA256.HashData(Secret, Encoding.ASCII.GetBytes(content));
        return $"{content}.{Encode(signature)}";
    }

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
