// Compares online reads with Feast, in turns: `readOnline` with a bare pipeline and with `get_online_features`, and the
// throughput of `millrace api` with that of Feast's feature server, for 100 entities in 3 views. `--reads=` (of 100
// entities in a turn), `--rounds=`, `--seconds=` (of each turn of a server), `--record`.

import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/clock.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { type LineProcess, openLineProcess } from '../compare/line-process.ts';
import { treeSeconds } from '../compare/process-tree.ts';
import { numberOption, writeRecord } from '../compare/record.ts';
import { aligned, rounded } from '../compare/table.ts';
import { type OnlineServer, startApi, startFeastServer } from '../online/servers.ts';
import { ENTITIES, featuresOf, openFeastOnline, storeOnline, VIEWS } from '../online/world.ts';
import { report } from '../report.ts';
import { feastVersion } from './install.ts';

const READS = numberOption('reads', 200);
const ROUNDS = numberOption('rounds', 3);
const SECONDS = numberOption('seconds', 5);
const CLIENTS = 8;
const PIPELINE_TIMES_MAX = 1.3;
const SERVER_TIMES_MIN = 5;

await using postgres = await startPostgres();
await using redis = await startRedis();
const servers = { postgres: await postgres.createDatabase(), redis: redis.url };
await storeOnline(servers);
await using feast = await openFeastOnline(servers);
const program = fileURLToPath(new URL('../online/reader-process.ts', import.meta.url));
await using reader = openLineProcess(process.execPath, [...process.execArgv, program], {
  environment: { MILLRACE_BENCH_ORDERS: JSON.stringify(servers) },
});

/** Reads in a turn. Small reads take so little time that 200 of them end before Node has compiled what they run. */
function readsOf(entities: number): number {
  if (entities === 1) return READS * 20;
  return entities > 100 ? READS / 4 : READS;
}

const someIds = (count: number) =>
  Array.from({ length: count }, () => String(1 + Math.floor(Math.random() * ENTITIES)));

type Read = { readonly views: number; readonly entities: number } & Readonly<Record<'bare' | 'ours' | 'feast', Times>>;
/** Milliseconds, and milliseconds of the program's processor time per read. */
type Times = { readonly p50: number; readonly p99: number; readonly cpu: number };
type Turn = { readonly ms: readonly number[]; readonly cpu: number };

async function timesOf(entities: number, views: readonly string[]): Promise<Read> {
  const features = views.flatMap((view) => featuresOf(view).map((feature) => `${view}:${feature}`));
  const turns = { bare: [] as Turn[], ours: [] as Turn[], feast: [] as Turn[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const asked = Array.from({ length: readsOf(entities) }, () => someIds(entities));
    const turn = {
      bare: await read(reader, { do: 'bare', views, asked }),
      ours: await read(reader, { do: 'online', views, asked }),
      feast: await read(feast.process, { do: 'online', features, asked }),
    };
    // The first round is the warm-up.
    if (round > 0) for (const name of ['bare', 'ours', 'feast'] as const) turns[name].push(turn[name]);
  }
  const { bare, ours, feast: other } = turns;
  return { views: views.length, entities, bare: timesIn(bare), ours: timesIn(ours), feast: timesIn(other) };
}

async function read(of: LineProcess, request: object): Promise<Turn> {
  const before = treeSeconds(of.pid);
  const { ms, missing } = await of.ask<{ ms: number[]; missing: number }>(request);
  if (missing > 0) throw new Error(`${missing} values were missing in ${JSON.stringify(request).slice(0, 100)}`);
  return { ms, cpu: (treeSeconds(of.pid) - before) * 1_000 };
}

function timesIn(turns: readonly Turn[]): Times {
  const sorted = turns.flatMap(({ ms }) => ms).toSorted((a, b) => a - b);
  const fine = (value: number) => Math.round(value * 1_000) / 1_000;
  const at = (share: number) => fine(sorted[Math.floor(sorted.length * share)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), cpu: fine(turns.reduce((sum, { cpu }) => sum + cpu, 0) / sorted.length) };
}

/** Requests per second of clients that each send one request at a time, and the server's processor time per request. */
async function throughputOf(server: OnlineServer, seconds: number) {
  const [cpu, began] = [treeSeconds(server.pid), systemClock.monotonicMs()];
  let requests = 0;
  const client = async () => {
    while (systemClock.monotonicMs() - began < seconds * 1_000) {
      await server.read(someIds(100));
      requests += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const tookSeconds = (systemClock.monotonicMs() - began) / 1_000;
  return { perSecond: requests / tookSeconds, cpuMs: ((treeSeconds(server.pid) - cpu) * 1_000) / requests };
}

const reads: Read[] = [];
for (const views of [VIEWS.slice(0, 1), VIEWS]) {
  for (const entities of [1, 100, 1_000]) reads.push(await timesOf(entities, views));
}
const shown = ({ p50, p99, cpu }: Times) => `${p50.toFixed(2)} (${p99.toFixed(2)}; ${cpu.toFixed(2)})`;
const rows = reads.map((one) => [
  `${one.entities} x ${one.views}`,
  ...[one.bare, one.ours, one.feast].map(shown),
  (one.ours.p50 / one.bare.p50).toFixed(2),
  (one.feast.p50 / one.ours.p50).toFixed(1),
  (one.feast.cpu / one.ours.cpu).toFixed(1),
]);
const headings = [
  'entities x views',
  'pipeline',
  'readOnline',
  'Feast',
  'readOnline ÷ pipeline',
  'Feast ÷ readOnline',
  'CPU',
];
process.stdout.write(`\nmilliseconds, p50 (p99; CPU of the program)\n${aligned([headings, ...rows])}\n\n`);
for (const { views, entities, ours, bare } of reads) {
  const bound = { unit: '×', atMost: PIPELINE_TIMES_MAX };
  report(`readOnline ÷ pipeline, p50, ${entities} entities in ${views} views`, ours.p50 / bare.p50, bound);
}

const facts = { feast: feastVersion(), rounds: ROUNDS, clients: CLIENTS, reads };
if (process.argv.includes('--record')) writeRecord('feast-online', facts);

await using api = await startApi(servers);
await using one = await startFeastServer(feast, 1);
await using two = await startFeastServer(feast, 2);
const turns = new Map([api, one, two].map((server) => [server.name, [] as Awaited<ReturnType<typeof throughputOf>>[]]));
for (const server of [api, one, two]) await throughputOf(server, 1);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const server of [api, one, two]) turns.get(server.name)?.push(await throughputOf(server, SECONDS));
}
const median = (values: readonly number[]) => rounded(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0);
const throughput = [...turns].map(([server, some]) => ({
  server,
  requestsPerSecond: median(some.map(({ perSecond }) => perSecond)),
  cpuMsPerRequest: median(some.map(({ cpuMs }) => cpuMs)),
}));
for (const { server, requestsPerSecond, cpuMsPerRequest } of throughput)
  process.stdout.write(`${server}: ${requestsPerSecond} requests/s, ${cpuMsPerRequest} CPU ms per request\n`);
const [ours, ...others] = throughput;
for (const { server, requestsPerSecond, cpuMsPerRequest } of others) {
  const times = {
    rate: (ours?.requestsPerSecond ?? 0) / requestsPerSecond,
    cpu: cpuMsPerRequest / (ours?.cpuMsPerRequest ?? 0),
  };
  report(`requests per second of millrace api ÷ ${server}`, times.rate, { unit: '×', atLeast: SERVER_TIMES_MIN });
  process.stdout.write(`  CPU per request of ${server} ÷ millrace api: ${times.cpu.toFixed(2)}\n`);
}
if (process.argv.includes('--record')) writeRecord('feast-online', { ...facts, throughput });
