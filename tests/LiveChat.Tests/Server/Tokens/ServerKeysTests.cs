using LiveChat.Core.Identities;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Server.Tokens;

public sealed class ServerKeysTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly InMemoryIdentityStore _store = new();

    [Fact]
    public async Task A_key_is_good_until_it_is_disabled_and_its_secret_is_kept_nowhere()
    {
        var keys = new ServerKeys(_store, _time);
        var (key, text) = await keys.CreateAsync("backend", default);
        Assert.Equal(key.Id, (await keys.VerifyAsync(text, default))?.Id);
        Assert.DoesNotContain(text[^64..], Assert.Single(await _store.ReadKeysAsync(default)).ToString());

        await _store.DisableKeyAsync(key.Id, default);
        Assert.Null(await keys.VerifyAsync(text, default));
    }

    [Fact]
    public async Task What_is_not_the_whole_key_is_none()
    {
        var keys = new ServerKeys(_store, _time);
        var (_, text) = await keys.CreateAsync("backend", default);
        var (_, other) = await keys.CreateAsync("other", default);
        foreach (var wrong in (string[])[
            "", "lcs_", text[..^1], text + "0", text[..20] + other[20..], "LCS_" + text[4..], text.Replace('_', '-'),
            text[..^1] + (text[^1] == '0' ? '1' : '0')])
            Assert.Null(await keys.VerifyAsync(wrong, default));
    }

    [Fact]
    public async Task The_time_of_the_last_use_is_written_at_most_once_a_minute()
    {
        var keys = new ServerKeys(_store, _time);
        var (key, text) = await keys.CreateAsync("backend", default);
        await keys.VerifyAsync(text, default);
        var first = (await _store.ReadKeyAsync(key.Id, default))!.LastUsedMs;
        _time.Advance(TimeSpan.FromSeconds(59));
        await keys.VerifyAsync(text, default);
        Assert.Equal(first, (await _store.ReadKeyAsync(key.Id, default))!.LastUsedMs);
        _time.Advance(TimeSpan.FromSeconds(1));
        await keys.VerifyAsync(text, default);
        Assert.Equal(first + 60_000, (await _store.ReadKeyAsync(key.Id, default))!.LastUsedMs);
    }
}
