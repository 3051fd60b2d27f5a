// Makes dump.sql and expected.json: a database of the release before, and what that release says of it.
//
//   git worktree add --detach /tmp/release COMMIT && cp -al node_modules /tmp/release/
//   node test/state/previous-release/make.mjs /tmp/release
//
// It runs the code in the folder that it is given, over a private Postgres 15 and Redis, and dumps with the pg_dump beside
// that Postgres. The code works on real sources, by commands and, for ticks, by the functions that a scheduler calls; only
// the clock of the database is set by hand, so that the dump stands still at the last hour that it was set to.
// Of the files here, 0.1.0 was at commit d153d20.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';

const release = resolve(process.argv[2] ?? '.');
const load = (file) => import(pathToFileURL(join(release, file)).href);
const { startPostgres, startRedis, otherPostgres } = await load('src/dev/servers.ts');
const { runCommand } = await load('src/cli/main.ts');
const { openTerminal } = await load('src/cli/terminal.ts');
const { systemClock } = await load('src/core/clock.ts');
const { silentLog } = await load('src/core/log.ts');
const { openApp } = await load('src/app.ts');
const { sourceLimits } = await load('test/support/limits.ts');
const { planView, lockPlanning } = await load('src/state/planning.ts');
const { addToBacklog } = await load('src/state/backlog.ts');
const { claimRun } = await load('src/state/claim.ts');
const { dueSets } = await load('src/state/due-sets.ts');
const { restate } = await load('src/state/edit.ts');
const { DEFAULT_RUN_OPTIONS } = await load('src/state/run.ts');
const { requireAppliedView } = await load('src/state/views.ts');
const { recordQueueFaults } = await load('src/state/queue-faults.ts');
const { reportAlive } = await load('src/state/processes.ts');
const { performRun } = await load('src/run/perform.ts');
const { lookByRule } = await load('src/alerts/look.ts');
const { loadDefinitions } = await load('src/definition/load.ts');

const CONFIG = `project: shop
offline: { url: "\${MILLRACE_OFFLINE_URL}" }
online: { url: "\${MILLRACE_ONLINE_URL}" }
queue: { url: "\${MILLRACE_QUEUE_URL}" }
sources:
  shop: { url: "\${SHOP_DATABASE_URL}" }
  lake: { url: "file:./lake" }
alerts:
  to: { ops: { url: "\${ALERT_OPS}" } }
  rules:
    - { when: run_failed, to: [ops] }
    - { when: freshness_missed, to: [ops] }
    - { when: circuit_open, to: [ops] }
    - { when: refused_share, above: 10%, to: [ops] }
`;

const JOBS = {
  'jobs/hourly.yaml': 'name: hourly\ncron: "5 * * * *"\nviews: [orders, visits, failing, "tag:after"]\n',
  'jobs/nightly.yaml':
    'name: nightly\ncron: "15 3 * * *"\ntimezone: Europe/London\nviews: [spend, basket, contact, reviews]\nretries: { attempts: 2 }\n',
};

const view = (name, rest, query) => [
  `features/${name}.yaml`,
  `name: ${name}\nentity: customer\n${rest}query: ${query}\n`,
];
const events = (table, value = 'value') =>
  `select entity_id, at as timestamp, ${value} as value from ${table} where at >= {{start}} and at < {{end}}`;

const ORDERS = `source: shop
kind: events
interval: 1h
start: 2026-01-01
settle: 5m
lookback: 2
ttl: 90d
freshness: 2h
tags: [shop]
refused_max: 50%
type: float
`;
const VIEWS = Object.fromEntries([
  view('orders', ORDERS, events('orders')),
  // A person's backfill is all that does what was before it; its query fails where a visit has no value.
  view(
    'visits',
    'source: shop\nkind: events\ninterval: 1h\nstart: 2026-01-01\ncatch_up: none\ntype: float\n',
    events('visits', '1 / value'),
  ),
  view(
    'spend',
    'source: shop\nkind: snapshot\ninterval: 1d\nstart: 2026-01-01\nend: 2026-02-01\nredacted: true\ntype: float\n',
    'select entity_id, sum(value) as value, {{end}} as timestamp from orders where at < {{end}} group by 1',
  ),
  view(
    'contact',
    'source: shop\nkind: latest\nttl: 7d\ntype: float\n',
    'select entity_id, value, at as timestamp from contact',
  ),
  view(
    'basket',
    'source: lake\nkind: snapshot\ninterval: 1d\nstart: 2026-01-01\nfiles: sales/{yyyy}-{MM}-{dd}.csv\non_missing: empty\n' +
      'late_files: 3d\ntypes: { value: float }\ntype: float\n',
    'select entity_id, value, {{end}} as timestamp from files',
  ),
  view(
    'delivery',
    'source: lake\nkind: snapshot\ninterval: 1d\nstart: 2026-01-02\nfiles: delivery/{yyyy}-{MM}-{dd}.csv\non_missing: wait\n' +
      'types: { value: float }\ntype: float\n',
    'select entity_id, value, {{end}} as timestamp from files',
  ),
  view(
    'stock',
    'source: shop\nkind: events\ninterval: 1h\nstart: 2026-01-01\ncatch_up: latest\nafter: [orders]\ntags: [after]\ntype: float\n',
    events('orders'),
  ),
  view(
    'failing',
    'source: shop\nkind: snapshot\ninterval: 1h\nstart: 2026-01-05T09:00Z\nfailures_max: 2\ntype: float\n',
    'select entity_id, 1 / 0 as value, {{end}} as timestamp from orders',
  ),
  view('reviews', 'source: shop\nkind: events\ninterval: 1d\nstart: 2026-01-01\ntype: float\n', events('reviews')),
  view('gone', 'source: shop\nkind: events\ninterval: 1d\nstart: 2026-01-01\ntype: float\n', events('reviews')),
]);

await using servers = new AsyncDisposableStack();
const other = otherPostgres();
const postgres = servers.use(await startPostgres({ binaries: other.binaries }));
const redis = servers.use(await startRedis());
const url = await postgres.createDatabase();
const folder = mkdtempSync(join(tmpdir(), 'millrace-release-'));
servers.defer(() => rmSync(folder, { recursive: true, force: true }));
const env = {
  MILLRACE_OFFLINE_URL: url,
  MILLRACE_ONLINE_URL: `${redis.url}/1`,
  MILLRACE_QUEUE_URL: `${redis.url}/2`,
  SHOP_DATABASE_URL: url,
  ALERT_OPS: 'http://127.0.0.1:1/alerts',
};

const connection = sourceLimits({ statementTimeoutMs: 60_000, connectTimeoutMs: 5_000, memoryLimitMb: 256 });
const appWith = ({ shop = url, online = env.MILLRACE_ONLINE_URL } = {}) =>
  servers.use(
    openApp({
      folder,
      connections: {
        offline: { url },
        online: { url: online, prefix: 'millrace' },
        queue: { url: env.MILLRACE_QUEUE_URL, prefix: 'millrace' },
        sources: {
          shop: { url: shop, ...connection },
          lake: { url: pathToFileURL(join(folder, 'lake')).href, ...connection },
        },
      },
      log: silentLog,
    }),
  );
const app = appWith();
const appWithoutSource = appWith({ shop: 'postgres://nobody@127.0.0.1:1/none' });
const appWithoutOnline = appWith({ online: 'redis://127.0.0.1:1' });
const { database } = app;
const sql = (text, values) => database.query(text, values);

function write(files) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), text, { mode: 0o600 });
  }
}

async function millrace(words) {
  const kept = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  process.chdir(folder);
  const code = await runCommand(words.split(' '), { terminal: openTerminal(env, kept), env, clock: systemClock });
  const stdout = String(kept.stdout.read() ?? '');
  process.stdout.write(`millrace ${words}: ${code}\n`);
  if (code === 1 || code === 3) process.stdout.write(`${stdout}${kept.stderr.read() ?? ''}\n`);
  return stdout;
}

async function setClock(text) {
  await database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '${text}' $$`,
  );
}

/** What a tick of the schedule plans of a view now. */
async function plan(name, options = {}) {
  const { id } = await requireAppliedView(database, name);
  const all = { from: null, to: null };
  return (
    await planView(database, id, { reason: 'schedule', options: { ...DEFAULT_RUN_OPTIONS, ...options }, within: all })
  ).runs;
}

async function perform(runs, by = app) {
  for (const run of runs) {
    const outcome = await performRun(by.engine, run, new AbortController().signal);
    process.stdout.write(`run ${run}: ${outcome.kind}\n`);
  }
}

async function tick(name, options) {
  await perform(await plan(name, options));
}

// The source, and definitions that are deployed at noon of the fifth day.
write({ 'millrace.yaml': CONFIG, ...VIEWS, ...JOBS });
for (const day of ['01', '02', '04']) write({ [`lake/sales/2026-01-${day}.csv`]: 'entity_id,value\nada,1.5\nbob,2\n' });
write({ 'lake/delivery/2026-01-02.csv': 'entity_id,value\nada,1\n' });
for (const table of ['orders', 'visits', 'reviews']) {
  await database.run(`create table ${table} (entity_id text, at timestamptz, value float8)`);
  await database.run(
    `insert into ${table} select 'customer-' || h % 5, timestamptz '2026-01-01 00:30Z' + make_interval(hours => h), 1 + h
       from generate_series(0, 200) h`,
  );
}
await database.run(`create table contact (entity_id text, at timestamptz, value float8)`);
await database.run(`insert into contact values ('ada', '2026-01-05 11:00Z', 1), ('bob', '2026-01-05 11:30Z', 2)`);
await database.run(`insert into orders values (null, '2026-01-02 03:10Z', 1), ('ada', '2026-01-02 03:20Z', null)`);
await database.run(`update visits set value = 0 where at = '2026-01-03 04:30Z'`);
await millrace('migrate');
await setClock('2026-01-05 12:00Z');
await millrace('apply');
const alive = () =>
  reportAlive(database, { id: 'host.1.aaaaaaaa', kind: 'worker', host: 'host', pid: 1, version: '0.1.0' });

// The first ticks: what was missed, two failed attempts of which one succeeds, empty days, files to wait for.
const [first = 0, ...others] = await plan('orders', { attempts: 3, backoffMs: 0 });
await perform([first], appWithoutSource);
await perform([first, ...others]);
for (const name of ['visits', 'basket', 'contact', 'reviews', 'gone', 'spend']) await tick(name);
await tick('delivery');
await perform(await plan('stock'));
await setClock('2026-01-05 13:10Z');
await tick('failing', { attempts: 1 });
await tick('orders');
await tick('stock');

await alive();
// Backfills: one that meets a failed chunk, one that is paused, one that is cancelled.
await millrace('backfill visits --from 2026-01-03 --to 2026-01-04 --chunk 6h --here --yes');
await millrace('backfill visits --from 2026-01-01 --to 2026-01-02 --chunk 6h --detach --yes');
await millrace('backfills pause 2');
await millrace('backfill visits --from 2026-01-02 --to 2026-01-03 --chunk 8h --newest-first --detach --yes');
await millrace('backfills cancel 3 --yes');
await millrace('backfill visits --from 2026-01-04 --to 2026-01-05 --chunk 12h --here --yes');

// What people do: pauses, a restatement of which one half is done, retries, edits with and without an answer, a retired view.
await millrace('pause contact --reason the_shop_moves');
await millrace('restate spend --from 2026-01-02 --to 2026-01-04 --here');
const range = { from: Date.parse('2026-01-01'), to: Date.parse('2026-01-01T06:00Z') };
await restate(database, await requireAppliedView(database, 'orders'), range, DEFAULT_RUN_OPTIONS);
rmSync(join(folder, 'features/gone.yaml'));
const edited = (name) => ({
  [`features/${name}.yaml`]: VIEWS[`features/${name}.yaml`].replace('at < {{end}}', 'at < {{end}} and value > 0'),
});
write(edited('stock'));
await millrace('apply stock --restate');
write(edited('reviews'));
await millrace('apply');

// An hour later: late rows, a run that a worker holds, one that is stored but not online, one without its source, one refused.
await setClock('2026-01-06 01:10Z');
await database.run(`insert into orders select null, '2026-01-06 00:10Z', 1 from generate_series(1, 9)`);
await perform((await plan('orders')).slice(0, 1));
const [held = 0] = await plan('basket');
await claimRun(database, held, 'host.1.aaaaaaaa/1', 3_600_000);
await perform(await plan('spend'), appWithoutOnline);
await setClock('2026-01-06 02:10Z');
const [waits = 0] = await plan('orders', { attempts: 5, backoffMs: 600_000 });
await perform([waits], appWithoutSource);
await plan('stock');
await tick('delivery');
await tick('visits');
const { rules } = (await loadDefinitions(folder, Date.parse('2026-01-06'))).config.alerts;
for (const rule of rules) {
  await lookByRule({ database, sender: { project: 'shop', dashboardUrl: null }, rules }, rule);
}
await recordQueueFaults(database, [{ queue: 'run', kind: 'paused', key: '', found: 'paused', isRepaired: true }]);
await alive();
const visits = await requireAppliedView(database, 'visits');
const span = { start: Date.parse('2026-01-05T20:00Z'), end: Date.parse('2026-01-05T22:00Z') };
await database.transaction(async (session) => {
  await lockPlanning(session, visits.id);
  await addToBacklog(session, visits.id, span, {
    reason: 'restate',
    options: DEFAULT_RUN_OPTIONS,
    within: { from: null, to: null },
  });
});

// What this release says of it: what is due now and a day later, and what its commands show.
const views = await sql('select id, name from millrace.view order by id');
const now = '2026-01-06 02:10Z';
async function dueAt(text, missedBefore) {
  await setClock(text);
  const ids = views.map(({ id }) => id);
  const sets = await dueSets(database, ids, {
    within: { from: null, to: null },
    missedBefore: Date.parse(missedBefore),
  });
  return Object.fromEntries(views.map(({ id, name }) => [name, sets.get(id)]));
}
const later = '2026-01-07 03:10Z';
const due = { [later]: await dueAt(later, later), [now]: await dueAt(now, now) };
const json = async (words) => JSON.parse(await millrace(`${words} --json`));
async function shown(table, words, rest = '') {
  const all = [];
  for (const { id } of await sql(`select id from millrace.${table} order by id`))
    all.push(await json(`${words} ${id}${rest}`));
  return all;
}
const intervals = {};
for (const { name } of views)
  if (!['contact', 'gone'].includes(name)) intervals[name] = await json(`intervals ${name}`);
const expected = {
  due,
  coverage: await sql(
    `select v.name, c.covered::text, c.published::text, c.skipped::text, c.held::text, c.stale::text, c.emptied::text,
            c.redefined::text, c.frontier::text, c.last_good::text, millrace.watermark(v.spec, c.covered, c.skipped)::text
       from millrace.coverage c join millrace.view v on v.id = c.view_id order by v.id`,
  ),
  status: await json('status'),
  runs: (await shown('run', 'runs show')).map(({ nextStep: _, attempts: __, ...run }) => run),
  backfills: await shown('backfill', 'backfills show', ' --chunks'),
  intervals,
  alerts: await json('alerts'),
  quarantine: await json('quarantine orders'),
};

// Nothing of the machine that it was made on.
const cleaned = (text) =>
  text
    .replaceAll(hostname(), 'host')
    .replaceAll(/127\.0\.0\.1:\d+\/millrace_[0-9a-f]+/g, '127.0.0.1:5432/shop')
    .replaceAll(/host\.\d+\.[0-9a-f]{8}/g, 'host.1.aaaaaaaa')
    .replaceAll(folder, '/shop');
const here = import.meta.dirname;
const lines = Object.entries(expected).map(([name, value]) => {
  const parts = Array.isArray(value) ? value.map((part) => JSON.stringify(part)) : null;
  return `${JSON.stringify(name)}: ${parts === null ? JSON.stringify(value) : `[\n${parts.join(',\n')}\n]`}`;
});
writeFileSync(join(here, 'expected.json'), cleaned(`{\n${lines.join(',\n')}\n}\n`));
process.chdir(release);

const schemas = ['millrace', 'features', 'staging'].flatMap((name) => ['-n', name]);
const dump = spawnSync(
  join(dirname(other.binaries.postgres), 'pg_dump'),
  ['--inserts', '--rows-per-insert=100', '--no-owner', '--no-privileges', ...schemas, url],
  { encoding: 'utf8', maxBuffer: 1e8 },
);
if (dump.status !== 0) throw new Error(dump.stderr);
const kept = dump.stdout.split('\n').filter((line) => !/^(--|\\|SET |SELECT pg_catalog.set_config|$)/.test(line));
writeFileSync(join(here, 'dump.sql'), cleaned(`set check_function_bodies = false;\n${kept.join('\n')}\n`));
