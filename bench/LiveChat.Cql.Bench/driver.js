// The load of Load.cs with the npm package cassandra-driver:
// driver.js HOST PORT KEYSPACE insert|read IN_FLIGHT SECONDS
const { Client, types } = require('cassandra-driver');

const [host, port, keyspace, verb, inFlight, seconds] = process.argv.slice(2);
const PARTITIONS = 200;
const BODY = 'x'.repeat(100);

async function main() {
  const client = new Client({
    contactPoints: [`${host}:${port}`],
    localDataCenter: 'datacenter1',
    keyspace,
    pooling: { coreConnectionsPerHost: { [types.distance.local]: 1 }, maxRequestsPerConnection: 2048 },
    queryOptions: { prepare: true, consistency: types.consistencies.one },
  });
  await client.connect();
  let next = 0;
  const id = types.Uuid.random();
  const request = verb === 'insert'
    ? () => {
      const n = next++;
      return client.execute('INSERT INTO small (p, c, id, at, body) VALUES (?, ?, ?, ?, ?)',
        [types.Long.fromNumber(n % PARTITIONS), types.Long.fromNumber(n % 1000), id, new Date(), BODY]);
    }
    : () => client.execute('SELECT c, id, at, body FROM small WHERE p = ? AND c = 7',
      [types.Long.fromNumber(next++ % PARTITIONS)]);
  await run(request, Number(inFlight), Math.min(1, Number(seconds) / 2));
  const result = await run(request, Number(inFlight), Number(seconds));
  console.log(JSON.stringify(result));
  await client.shutdown();
}

async function run(request, inFlight, seconds) {
  const latencies = [];
  const cpu = process.cpuUsage();
  const begun = process.hrtime.bigint();
  const end = begun + BigInt(Math.round(seconds * 1e9));
  const worker = async () => {
    for (let now = process.hrtime.bigint(); now < end;) {
      await request();
      const after = process.hrtime.bigint();
      latencies.push(Number(after - now));
      now = after;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const elapsed = Number(process.hrtime.bigint() - begun) / 1e9;
  const used = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  return {
    perSecond: latencies.length / elapsed,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] / 1e6,
    cpuMicroseconds: (used.user + used.system) / latencies.length,
  };
}

main().catch((error) => { console.error(error); process.exit(1); });
