namespace LiveChat.Cql.Bench;

/// <summary>Inserts of a small row, or reads of one, with a fixed number under way, as driver.js does them.</summary>
internal sealed class Load(CqlSession session, PreparedStatement insert, PreparedStatement select)
{
    private const int Partitions = 200;
    private static readonly string Body = new('x', 100);
    private static readonly Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");
    private int _next;

    public static async Task<Load> CreateAsync(CqlSession session, string keyspace)
    {
        await ExecuteAsync(
            session,
            $"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = "
            + "{'class': 'SimpleStrategy', 'replication_factor': 1}");
        await ExecuteAsync(
            session,
            $"CREATE TABLE IF NOT EXISTS {keyspace}.small "
            + "(p bigint, c bigint, id uuid, at timestamp, body text, PRIMARY KEY (p, c))");
        var load = new Load(
            session,
            await session.PrepareAsync($"INSERT INTO {keyspace}.small (p, c, id, at, body) VALUES (?, ?, ?, ?, ?)"),
            await session.PrepareAsync($"SELECT c, id, at, body FROM {keyspace}.small WHERE p = ? AND c = 7"));
        for (var row = 0; row < Partitions; row++) await load.InsertAsync(row, 7);
        return load;
    }

    public async Task<Measurement> RunAsync(string verb, int inFlight, TimeSpan time)
    {
        var warmUp = time / 2 < TimeSpan.FromSeconds(1) ? time / 2 : TimeSpan.FromSeconds(1);
        await MeasureAsync(verb, inFlight, warmUp);
        return await MeasureAsync(verb, inFlight, time);
    }

    private async Task<Measurement> MeasureAsync(string verb, int inFlight, TimeSpan time)
    {
        var clock = TimeProvider.System;
        var latencies = new List<long>[inFlight];
        for (var index = 0; index < inFlight; index++) latencies[index] = new List<long>(65_536);
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = Environment.CpuUsage.TotalTime;
        var begun = clock.GetTimestamp();
        var end = begun + (long)(time.TotalSeconds * clock.TimestampFrequency);
        await Task.WhenAll(latencies.Select(mine => WorkAsync(verb, mine, end)));
        var seconds = clock.GetElapsedTime(begun).TotalSeconds;
        var used = Environment.CpuUsage.TotalTime - cpu;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        var all = latencies.SelectMany(mine => mine).Order().ToArray();
        var p99 = all[(int)(all.Length * 0.99)] * 1000.0 / clock.TimestampFrequency;
        return new Measurement(
            all.Length / seconds, p99, used.TotalMicroseconds / all.Length, (double)allocated / all.Length);
    }

    private async Task WorkAsync(string verb, List<long> latencies, long end)
    {
        await Task.Yield();
        for (var now = TimeProvider.System.GetTimestamp(); now < end;)
        {
            var number = Interlocked.Increment(ref _next);
            if (verb == "insert") await InsertAsync(number % Partitions, number % 1000);
            else await ReadAsync(number % Partitions);
            var after = TimeProvider.System.GetTimestamp();
            latencies.Add(after - now);
            now = after;
        }
    }

    private async ValueTask InsertAsync(long partition, long row)
    {
        using var bound = insert.Bind().Set(0, partition).Set(1, row).Set(2, Id)
            .Set(3, TimeProvider.System.GetUtcNow()).Set(4, Body);
        await session.ExecuteAsync(bound);
    }

    private async ValueTask ReadAsync(long partition)
    {
        using var bound = select.Bind().Set(0, partition);
        using var rows = await session.ExecuteAsync(bound);
        var row = rows[0];
        if (row.GetInt64(0) != 7 || row.GetGuid(1) == Guid.Empty || row.GetString(3).Length != Body.Length)
            throw new InvalidOperationException("The row is not the one that was written.");
    }

    private static async Task ExecuteAsync(CqlSession session, string cql) =>
        (await session.ExecuteAsync(new SimpleStatement(cql))).Dispose();
}
