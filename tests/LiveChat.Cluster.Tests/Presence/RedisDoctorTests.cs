using LiveChat.Cluster.Presence;
using Xunit;

namespace LiveChat.Cluster.Tests.Presence;

/// <summary>What a doctor finds of a real Redis, and of facts that no Redis here has.</summary>
public sealed class RedisDoctorTests
{
    private static readonly RedisFacts Good = new("r:6379", "7.0.15", false, 1_000, 0, "noeviction", true);

    public static TheoryData<string, string> Wrong => new()
    {
        { "version", "6.2.14" },
        { "eviction", "allkeys-lru" },
        { "eviction", "volatile-ttl" },
        { "memory", "full" },
        { "memory", "nearly full" },
        { "append_only", "no" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Each_thing_that_is_wrong_is_found_alone_with_what_to_do(string name, string what)
    {
        var facts = what switch
        {
            "full" => Good with { MemoryMax = 1_000 },
            "nearly full" => Good with { MemoryMax = 1_050 },
            "no" => Good with { HasAppendOnlyFile = false },
            _ when name == "version" => Good with { Version = what },
            _ => Good with { Eviction = what },
        };
        Assert.All(RedisChecks.Of(Good), static one => Assert.Equal(ServiceVerdict.Good, one.Verdict));
        var found = Assert.Single(RedisChecks.Of(facts), static one => one.Verdict is not ServiceVerdict.Good);
        Assert.Equal(name, found.Name);
        Assert.NotNull(found.Advice);
    }

    [Fact]
    public async Task The_configuration_that_is_shipped_has_nothing_to_be_said_and_its_users_have_what_they_need()
    {
        await using var redis = await RedisProcess.StartShippedAsync();
        var options = redis.ShippedOptions();
        Assert.All(await LookAsync(options), static one => Assert.Equal(ServiceVerdict.Good, one.Verdict));
        // A server that has no other right than that: it keeps, tells, follows and hears.
        var ann = Protocol.Ids.UserId.Parse("ann");
        await using var node = await RunningPresence.StartAsync(options, "a", ann);
        var told = 0;
        node.Store.Listen(_ => Interlocked.Increment(ref told));
        node.Store.Watch([ann], []);
        await node.UntilAsync(() => Volatile.Read(ref told) > 0);
        var before = Volatile.Read(ref told);
        await node.Store.AnnounceAsync(ann, default);
        await node.UntilAsync(() => Volatile.Read(ref told) > before);
        await node.Store.DropAsync([ann], default);
        Assert.Null(node.Refused);

        // Another program reads, and does nothing else.
        await node.UntilAsync(() => node.IsOnlineAsync([ann]));
        Assert.Equal("online", await AskAsReaderAsync(redis, "MGET", "user:ann:presence"));
        Assert.StartsWith(
            "NOPERM", await AskAsReaderAsync(redis, "DEL", "user:ann:presence"), StringComparison.Ordinal);
        Assert.StartsWith("NOAUTH", await redis.AskAsync("GET", "user:ann:presence"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_keeps_a_server_from_presence_is_found()
    {
        await using var redis = await RedisProcess.StartAsync("--requirepass", "secret");
        var file = Path.Combine(redis.Folder, "password");
        await File.WriteAllTextAsync(file, "wrong");
        var options = new RedisOptions { Endpoints = redis.Address };
        Assert.Contains("PasswordFile", await RefusedAsync(options), StringComparison.Ordinal);
        Assert.Contains(
            "PasswordFile", await RefusedAsync(options with { PasswordFile = file }), StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "secret");
        options = options with { PasswordFile = file };
        Assert.DoesNotContain(await LookAsync(options), static one => one.Verdict is ServiceVerdict.Refused);

        await redis.AskAsync("-a", "secret", "REPLICAOF", "127.0.0.1", "1");
        Assert.Contains("replica", await RefusedAsync(options), StringComparison.Ordinal);
        await redis.AskAsync("-a", "secret", "REPLICAOF", "NO", "ONE");
        await redis.AskAsync("-a", "secret", "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        Assert.Contains(
            "noeviction",
            $"{Assert.Single(await LookAsync(options), static one => one.Name == "eviction")}",
            StringComparison.Ordinal);
        await redis.AskAsync("-a", "secret", "CONFIG", "SET", "maxmemory", "1");
        Assert.Contains("memory", await RefusedAsync(options), StringComparison.Ordinal);
        await redis.KillAsync();
        Assert.Contains("Start it", await RefusedAsync(options), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Redis_that_speaks_TLS_only_is_used_and_what_does_not_fit_is_said()
    {
        using var certificates = new RedisCertificates();
        using var others = new RedisCertificates();
        await using var redis = await RedisProcess.StartShippedAsync(certificates);
        var options = redis.ShippedOptions();
        Assert.All(await LookAsync(options), static one => Assert.Equal(ServiceVerdict.Good, one.Verdict));
        await using (var node = await RunningPresence.StartAsync(options, "a", Protocol.Ids.UserId.Parse("ann")))
            Assert.Null(node.Refused);

        Assert.Contains("Tls", await RefusedAsync(options with { Tls = false }), StringComparison.Ordinal);
        foreach (var wrong in (RedisOptions[])
            [
                options with { CertificateAuthority = others.Authority },
                options with { ClientCertificate = others.Both },
                options with { ClientCertificate = null },
            ])
            Assert.Contains("certificate", await RefusedAsync(wrong), StringComparison.OrdinalIgnoreCase);
        Assert.Contains(
            "cannot be read",
            await RefusedAsync(options with { ClientCertificate = "/none" }),
            StringComparison.Ordinal);
    }

    private static Task<string> AskAsReaderAsync(RedisProcess redis, params string[] command) =>
        redis.AskAsync(["--user", "reader", "--pass", RedisProcess.ShippedPassword, .. command]);

    private static async Task<string> RefusedAsync(RedisOptions options) => string.Join(
        ' ', (await LookAsync(options)).Where(static one => one.Verdict is ServiceVerdict.Refused));

    private static Task<IReadOnlyList<ServiceFinding>> LookAsync(RedisOptions options) =>
        RedisDoctor.LookAsync(options, TimeProvider.System, TestContext.Current.CancellationToken);
}
