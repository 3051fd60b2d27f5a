// Measures the pages of the dashboard with thousands of views: their duration and size, and that no statement scans a
// whole table that grows with time.

import { systemClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { silentLog } from '../../src/core/log.ts';
import { hashPassword } from '../../src/dashboard/access/password.ts';
import { startDashboard } from '../../src/dashboard/server.ts';
import { NO_LOGIN } from '../../src/definition/connections/dashboard-config.ts';
import { type Database, openDatabase } from '../../src/postgres/database.ts';
import { startPostgres } from '../../src/servers/servers.ts';
import { report } from '../report.ts';
import { seedDashboard } from './dashboard-state.ts';
import { listenedTo } from './statements.ts';

const PAGE_MS_MAX = 300;
const PAGE_KB_MAX = 500;
/**
 * Below the size of the large tables. /backfills reads the most, since the chunks of a backfill are counted one by one.
 */
const ROWS_READ_MAX = 90_000;
const TIMES = 20;
const PASSWORD = 'a password of ada';

await using postgres = await startPostgres();
const url = await postgres.createDatabase();
{
  await using seeding = open(4);
  await seedDashboard(seeding);
}
// One connection, so that its statistics of read rows are available immediately.
await using database = open(1);
const statements = listenedTo(database);

await using dashboard = await startDashboard({
  project: 'bench',
  version: '0.0.0',
  database: statements.database,
  ping: () => database.query('select 1'),
  clock: systemClock,
  log: silentLog,
  openQueues: async () => {
    throw new Failure('QUEUE_UNAVAILABLE', 'The queue does not answer.');
  },
  login: { ...NO_LOGIN, users: { ada: { role: 'operator', hash: await hashPassword(PASSWORD) } } },
  defaultRole: 'viewer',
  host: '127.0.0.1',
  port: 0,
});
const authorization = `Basic ${btoa(`ada:${PASSWORD}`)}`;

const [ids] = await database.query<{ failed: number; files: number; backfill: number; refused: number }>(
  `select (select max(id) from millrace.run where state = 'failed') as failed, (select max(run_id) from millrace.run_files) as files,
          (select max(id) from millrace.backfill) as backfill, (select max(run_id) from millrace.quarantine) as refused`,
);
if (ids === undefined) throw new Error('nothing was seeded');

const PAGES = [
  '/',
  '/?after=1.v_1500',
  '/?state=held',
  '/?q=v_19&job=hourly',
  '/views/v_7',
  '/views/v_10',
  '/views/v_7?at=2024-06-01',
  '/views/none',
  '/grid',
  '/grid?by=day',
  '/runs?reason=schedule&code=SOURCE_SHAPE',
  '/runs',
  '/runs?before=50000',
  '/runs?state=failed',
  '/runs?state=superseded',
  '/runs?state=cancelled',
  '/runs?state=planned',
  '/runs?view=v_7&state=failed',
  '/runs?view=v_7&state=done&before=50000',
  `/runs/${ids.failed}`,
  `/runs/${ids.files}`,
  `/runs/${ids.refused}`,
  '/backfills',
  '/backfills?before=100',
  '/backfills/1',
  `/backfills/${ids.backfill}`,
  `/backfills/${ids.backfill}?after=15000`,
  '/quarantine',
  '/quarantine?after=50000',
  '/quarantine?reason=value_too_long',
  '/quarantine?reason=timestamp_null',
  '/quarantine?view=v_7',
  '/quarantine?view=v_7&reason=value_too_long',
  `/quarantine?run=${ids.refused}`,
  `/quarantine?run=${ids.refused}&reason=value_too_long`,
];

// A login costs a tenth of a second, and is then remembered for some minutes.
for (const path of PAGES) await load(path);
for (const path of PAGES) {
  const times: number[] = [];
  const before = await statements.rowsRead();
  let bytes = 0;
  for (let time = 0; time < TIMES; time += 1) {
    const began = performance.now();
    bytes = await load(path);
    times.push(performance.now() - began);
  }
  const rows = ((await statements.rowsRead()) - before) / TIMES;
  times.sort((one, other) => one - other);
  report(`${path}, in the middle of ${TIMES}`, times[TIMES / 2] ?? 0, { unit: 'ms', atMost: PAGE_MS_MAX });
  report(`${path}, the worst of ${TIMES}`, times.at(-1) ?? 0, { unit: 'ms', atMost: PAGE_MS_MAX });
  report(path, bytes / 1_000, { unit: 'kB', atMost: PAGE_KB_MAX });
  report(path, rows, { unit: 'rows of large tables', atMost: ROWS_READ_MAX });
}
const scans = await statements.scans();
for (const { table, text } of scans) process.stdout.write(`     ${table} is scanned by: ${text}\n`);
report(`of ${statements.count()} statements those that scan a table`, scans.length, { unit: 'scans', atMost: 0 });

async function load(path: string): Promise<number> {
  const answer = await fetch(dashboard.url + path, { headers: { authorization } });
  const { byteLength } = await answer.arrayBuffer();
  if (answer.status !== 200 && path !== '/views/none') throw new Error(`${path} returned ${answer.status}`);
  return byteLength;
}

function open(poolMax: number): Database {
  return openDatabase({
    url,
    role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax,
    connectTimeoutMs: 5_000,
    idleInTransactionMs: 60_000,
    applicationName: 'millrace-bench',
  });
}
