// Measures a worker, started as by a user, for whole runs from a source through staging into both stores. Each case has
// its own worker: millions of rows of files in S3, of MariaDB, of ClickHouse, and of an HTTP API, in one run; and, if
// MILLRACE_TEST_DATA has them, half a year of a real shop's daily files in S3, four runs in parallel. To run
// some of the cases: `npm run bench -- source-memory-worker --cases=http-json,clickhouse --rows=10000000`. Linux only:
// /proc has the peak of another process.

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/clock.ts';
import { startMariadb, startPostgres, startRedis } from '../../src/servers/servers.ts';
import { startClickhouse } from '../../test/support/clickhouse/server.ts';
import { publicData } from '../../test/support/public-data.ts';
import { type ChildOptions, startChild } from '../child.ts';
import { watchMemory } from '../engine-memory.ts';
import { report } from '../report.ts';
import { BLOCK_ROWS } from './clickhouse.ts';
import { placeFiles } from './files.ts';
import { type PageFormat, startPages } from './http-pages.ts';

const BIN = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));
const ROWS = Number(/--rows=(\d+)/.exec(process.argv.join(' '))?.[1] ?? 3_000_000);
const MEMORY_MAX_MIB = 300;

const CONFIG = `project: bench
offline: { url: "\${OFFLINE_URL}" }
online: { url: "\${REDIS_URL}" }
queue: { url: "\${REDIS_URL}" }
sources: { it: { url: "\${SOURCE_URL}", statement_timeout: 1d } }
`;

/** Without a limit that a busy machine could exceed. */
const JOB = 'name: measured\ncron: "0 0 1 1 *"\nviews: [measured]\ntimeout: 1d\n';

type WorkerCase = {
  readonly what: string;
  readonly env: Readonly<Record<string, string>>;
  /** The view `measured`, without its name, entity and source. */
  readonly view: string;
};

await using postgres = await startPostgres();

/** Runs everything that is due for the view in a worker, and reports its peak. */
async function measure({ what, env, view }: WorkerCase): Promise<void> {
  using project = writeProject(view);
  // A queue remembers the numbers of past runs.
  await using redis = await startRedis();
  const stores = { OFFLINE_URL: await postgres.createDatabase(), REDIS_URL: redis.url };
  const options = { cwd: project.folder, env: { PATH: process.env['PATH'], ...stores, ...env } };
  const worker = start('worker', { ...options, stdout: 'pipe' });
  const ended = once(worker, 'exit');
  try {
    await said(worker.stdout, 'worker.started');
    using looks = watchMemory(worker.pid);
    const before = looks.peakMiB();
    const started = systemClock.monotonicMs();
    const [code] = await once(start('run measured', { ...options, stdout: 'ignore' }), 'exit');
    if (code !== 0) throw new Error(`millrace run ended with code ${code}`);
    const seconds = Math.round((systemClock.monotonicMs() - started) / 1_000);
    const sentence = `peak memory of a worker with its engines: ${what} in ${seconds} s (${Math.round(before)} MiB before)`;
    report(sentence, looks.peakMiB(), { atMost: MEMORY_MAX_MIB, unit: 'MiB' });
  } finally {
    worker.kill('SIGTERM');
    await ended;
  }
}

function writeProject(view: string): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-project-'));
  mkdirSync(join(folder, 'features'));
  mkdirSync(join(folder, 'jobs'));
  writeFileSync(join(folder, 'millrace.yaml'), CONFIG);
  writeFileSync(join(folder, 'jobs/measured.yaml'), JOB);
  writeFileSync(join(folder, 'features/measured.yaml'), `name: measured\nentity: customer\nsource: it\n${view}`);
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

function start(words: string, options: ChildOptions) {
  const nodeOptions = ['--max-semi-space-size=16', '--heap-growing-percent=25'];
  return startChild([BIN, ...words.split(' ')], { ...options, nodeOptions });
}

/** Resolves when a line with this text has come; keeps reading, so that the process never blocks on a full pipe. */
async function said(stream: NodeJS.ReadableStream | null, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (stream === null) throw new Error('there is no stream');
  const lines = createInterface({ input: stream });
  lines.on('line', (line) => {
    if (line.includes(text)) resolve();
  });
  lines.once('close', () => reject(new Error(`the worker ended without ${text}`)));
  await promise;
}

const ONE_DAY = 'interval: 1d\nstart: 2026-01-01\nend: 2026-01-02\ntype: float\n';

async function s3Parquet(): Promise<void> {
  await using placed = await placeFiles({ place: 's3', ending: 'parquet', rows: ROWS });
  await measure({
    what: `${ROWS / 1e6} M rows of Parquet in S3`,
    env: { SOURCE_URL: placed.url, ...placed.account },
    view: `kind: events\n${ONE_DAY}files: "{yyyy}-{MM}-{dd}-*.parquet"
query: select entity_id, happened_at as timestamp, amount as value from files where happened_at >= {{start}} and happened_at < {{end}}
`,
  });
}

async function mariadb(): Promise<void> {
  await using server = await startMariadb();
  await measure({
    what: `${ROWS / 1e6} M rows of MariaDB`,
    env: { SOURCE_URL: `${server.url}mysql` },
    view: `kind: snapshot\n${ONE_DAY}query: select concat('customer-', seq) as entity_id, seq / 7e0 as value, {{end}} as timestamp from seq_1_to_${ROWS}
`,
  });
}

async function clickhouse(): Promise<void> {
  await using server = await startClickhouse();
  await measure({
    what: `${ROWS / 1e6} M rows of ClickHouse`,
    env: { SOURCE_URL: server.url },
    view: `kind: snapshot\n${ONE_DAY}query: select concat('customer-', toString(number)) as entity_id, number / 7 as value, {{end}} as timestamp from numbers(${ROWS}) settings max_block_size = ${BLOCK_ROWS}
`,
  });
}

async function httpPages(format: PageFormat): Promise<void> {
  await using server = await startPages({ rows: ROWS, format });
  const pages = {
    json: 'pages: { next: "$.next", parameter: cursor, max: 1000000 }\nrecords: "$.data"\n',
    ndjson: 'pages: { next: link, max: 1000000 }\nformat: json\n',
    csv: 'pages: { next: link, max: 1000000 }\nformat: csv\n',
  }[format];
  await measure({
    what: `${ROWS / 1e6} M rows of ${format} from an HTTP API`,
    env: { SOURCE_URL: server.url },
    view: `kind: latest\ntype: float\npath: /rows\n${pages}types: { happened_at: timestamp, amount: float }
columns: { entity_id: entity_id, timestamp: happened_at, value: amount }
`,
  });
}

async function onlineRetail(): Promise<void> {
  const retail = publicData('online-retail');
  if (retail === null) {
    process.stdout.write('The daily files of Online Retail are skipped: MILLRACE_TEST_DATA has none.\n');
    return;
  }
  await using placed = await placeFiles({ place: 's3', ending: 'csv', folder: retail });
  await measure({
    what: 'Online Retail, 182 days of CSV in S3,',
    env: { SOURCE_URL: placed.url, ...placed.account },
    view: `kind: snapshot\ninterval: 1d\nstart: 2010-12-01\nend: 2011-06-01\ntype: decimal
files: "{yyyy}-{MM}-{dd}.csv"\non_missing: empty\ntypes: { CustomerID: float, Quantity: int, UnitPrice: decimal }
query: |
  select CustomerID as entity_id, sum(Quantity * UnitPrice) as value, {{end}} as timestamp
    from files where CustomerID is not null group by 1
`,
  });
}

const CASES: Readonly<Record<string, () => Promise<void>>> = {
  's3-parquet': s3Parquet,
  mariadb,
  clickhouse,
  'http-json': () => httpPages('json'),
  'http-ndjson': () => httpPages('ndjson'),
  'http-csv': () => httpPages('csv'),
  'online-retail': onlineRetail,
};

const chosen = /--cases=(\S+)/.exec(process.argv.join(' '))?.[1]?.split(',') ?? Object.keys(CASES);
for (const name of chosen) {
  const run = CASES[name];
  if (run === undefined) throw new Error(`There is no case ${name}. Choose from: ${Object.keys(CASES).join(', ')}.`);
  await run();
}
