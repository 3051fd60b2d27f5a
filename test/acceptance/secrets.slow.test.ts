// Searches for passwords and for values of redacted views in everything that real processes print and store.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { performMillrace, projectFolder, type Started, startMillrace } from '../cli/world.ts';
import { until } from '../support/until.ts';
import { keysAsText, tablesAsText } from './everything-written.ts';
import { type Servers, secret, startServers } from './secret-servers.ts';

/** Part of every password, at both ends. */
const PASSWORD = /kanarie/i;
/** Part of every value. */
const VALUE = /zilver|8675309/i;

const CONFIG = `project: contacts
offline: { url: "\${OFFLINE_URL}" }
online: { url: "\${ONLINE_URL}" }
queue: { url: "\${QUEUE_URL}" }
sources:
  shop: { url: "\${SHOP_URL}" }
  third: { url: "postgres://third:\${THIRD_PASSWORD}@\${THIRD_HOST}/postgres" }
  lake: { url: "file:./lake" }
  denied: { url: "\${DENIED_URL}" }
  away: { url: "\${AWAY_URL}" }
alerts:
  to:
    hook: { url: "\${HOOK_URL}", secret: "\${HOOK_SECRET}" }
    chat: { url: "\${CHAT_URL}", format: slack }
  rules:
    - { when: refused_share, above: 1%, to: [hook, chat] }
`;

/** A redacted view of one day: its name, and overrides of the default query on the shop. */
function redacted(name: string, keys: string): Record<string, string> {
  const rest = /^source:/m.test(keys) ? keys : `source: shop\n${keys}`;
  return {
    [`features/${name}.yaml`]: `name: ${name}\nentity: customer\nkind: snapshot\ninterval: 1d\nstart: 2026-01-01\nend: 2026-01-02\nredacted: true\n${rest}\n`,
  };
}

const value = (expression: string, type: string, more = '') =>
  `type: ${type}\nquery: select entity_id, ${expression} as value, {{end}} as timestamp${more} from contacts`;
const fromLake = (pattern: string, expression: string, type: string, more = '') =>
  `source: lake\nfiles: "${pattern}"\n${more}type: ${type}\nquery: select id as entity_id, ${expression} as value, {{end}} as timestamp from files`;

const GOOD = `features:
  - { name: name, type: string }
  - { name: score, type: int }
query: select entity_id, name, score, {{end}} as timestamp from contacts`;

const PROJECT: Readonly<Record<string, string>> = {
  'millrace.yaml': CONFIG,
  'lake/good/2026-01-01.csv': 'id,name,score\nada,zilverberg,1\n',
  'lake/bad-field/2026-01-01.csv': 'id,name,score\nada,zilverberg,zilver8675309\n',
  'lake/unclosed/2026-01-01.csv': 'id,name,score\nada,"zilverberg,1\n',
  'lake/unclosed/2026-01-01.json': '{"id":"ada","name":"zilverberg"}\n{"id":"bob","name":"zilver',
  'lake/no-json/2026-01-01.json': 'zilverberg\n',
  ...redacted('good', GOOD),
  ...redacted('good_third', `source: third\n${GOOD}`),
  ...redacted('tie', value('name', 'string', `, 'NaN'::float8 as tie_break`)),
  ...redacted('crowd', `${value('score + 0.25', 'int')}, generate_series(1, 20)`),
  ...redacted('cast_int', value('name::int', 'int')),
  ...redacted('cast_json', value('name::json', 'json')),
  ...redacted('complaint', value('complain(name)', 'string')),
  ...redacted(
    'limit',
    `features: [{ name: score, type: float, max: 100 }]\nquery: select entity_id, score, {{end}} as timestamp from contacts`,
  ),
  ...redacted(
    'lake_field',
    fromLake('bad-field/{yyyy}-{MM}-{dd}.csv', 'score', 'int', 'types: { score: int }\non_bad_field: fail\n'),
  ),
  ...redacted('lake_refused', fromLake('bad-field/{yyyy}-{MM}-{dd}.csv', 'score', 'int', 'types: { score: int }\n')),
  ...redacted('lake_cast', fromLake('good/{yyyy}-{MM}-{dd}.csv', 'name::int', 'int')),
  ...redacted('lake_error', fromLake('good/{yyyy}-{MM}-{dd}.csv', 'error(name)::varchar', 'string')),
  ...redacted('lake_unclosed', fromLake('unclosed/{yyyy}-{MM}-{dd}.csv', 'name', 'string')),
  ...redacted('lake_json', fromLake('unclosed/{yyyy}-{MM}-{dd}.json', 'name', 'string', 'on_bad_field: fail\n')),
  ...redacted('lake_no_json', fromLake('no-json/{yyyy}-{MM}-{dd}.json', 'name', 'string', 'on_bad_field: fail\n')),
  ...redacted('denied', `source: denied\n${value('name', 'string')}`),
  ...redacted('away', `source: away\n${value('name', 'string')}`),
};

const VIEWS = Object.keys(PROJECT).flatMap((file) => /features\/(.*)\.yaml/.exec(file)?.[1] ?? []);

/** The errors of views whose text could quote a value, by view. */
const SAID: Readonly<Record<string, RegExp>> = {
  tie: /^All 2 rows of tie were refused \(/,
  crowd: /^All 40 rows of crowd were refused \(value_wrong_type 40\)/,
  cast_int:
    /stopped the query with SQLSTATE 22P02\. The server's message is not shown, because the view is redacted and the message may contain values\.$/,
  cast_json: /stopped the query with SQLSTATE 22P02\. /,
  complaint: /stopped the query with SQLSTATE P0001\. /,
  limit: /^Feature score of limit fails its check: its largest value is \[redacted\], above max \(100\)\.$/,
  lake_field: /^View lake_field: in bad-field\/2026-01-01\.csv, line \d+: score is not a 64-bit integer\.$/,
  lake_refused: /^The only row of lake_refused was refused \(field_wrong_type 1\)/,
  lake_cast:
    /rejected the query: Conversion Error; the rest of the message is not shown, because the view is redacted and the message may contain values\.$/,
  lake_error: /rejected the query: Invalid Input Error; the rest of the message is not shown, /,
  lake_unclosed: /unclosed\/2026-01-01\.csv is broken: line 2 starts a row with an unclosed quote\.$/,
  lake_json: /in unclosed\/2026-01-01\.json, line 2 is not valid JSON\.$/,
  lake_no_json:
    /no-json\/2026-01-01\.json is broken: no line in it is JSON; a CSV file needs `format: csv` in the view\.$/,
  denied: /^source denied \(postgres:\/\/127\.0\.0\.1:\d+\/postgres\) refused access: \[redacted\]$/,
  away: /^source away \(postgres:\/\/127\.0\.0\.1:1\/postgres\) is not responding: /,
};

/** Commands that only read. */
const LOOKS = [
  'status --json',
  'plan',
  'runs --limit 50 --json',
  'verify --json',
  'alerts --json',
  'rebuild good',
  ...['good', 'tie', 'crowd', 'lake_refused'].map((view) => `quarantine ${view}`),
];

/** The names of the strings that contain a secret. */
function holding(texts: Readonly<Record<string, string>>, ...secrets: readonly RegExp[]): string[] {
  return Object.keys(texts).filter((name) => secrets.some((one) => one.test(name) || one.test(texts[name] ?? '')));
}

describe('secrets', () => {
  const resources = new AsyncDisposableStack();
  /** The output of processes, by their arguments and environment. */
  const printed: Record<string, string> = {};
  let servers: Servers;
  let folder: string;

  /** Runs a command, keeps its output, and returns its exit code. */
  async function millrace(words: string, changes: Readonly<Record<string, string>> = {}): Promise<number | null> {
    const env = { ...servers.env, ...changes };
    // Commands that only read run in this process.
    const isLook = LOOKS.includes(words);
    const ended = isLook
      ? performMillrace(folder, `${words} --debug`, env)
      : startMillrace(folder, `${words} --debug`, env).ended;
    const { code, stdout, stderr } = await ended;
    printed[[words, ...Object.keys(changes), Object.keys(printed).length].join(' ')] = `${stdout}\n${stderr}`;
    return code;
  }

  /** Good runs and bad ones, by a scheduler and a worker. */
  async function runAll(): Promise<void> {
    const [scheduler, worker] = ['scheduler', 'worker'].map((name) =>
      startMillrace(folder, `${name} --debug`, servers.env),
    ) as [Started, Started];
    await until(() => worker.output().includes('worker.started'));
    await millrace(`run ${VIEWS.join(' ')}`);
    await until(() => ['hook', 'chat'].every((name) => scheduler.output().includes(`"target":"${name}"`)));
    expect(await millrace('alerts test hook')).toBe(1);
    scheduler.kill('SIGTERM');
    worker.kill('SIGTERM');
    printed['scheduler'] = Object.values(await scheduler.ended).join('\n');
    printed['worker'] = Object.values(await worker.ended).join('\n');
  }

  /** Commands that cannot reach a server, or are refused. */
  async function runAgainstBadServers(): Promise<void> {
    const { postgres, redis } = servers;
    const bad = secret('bad');
    const offline = [
      `postgres://offline:${bad}@${postgres}/postgres`,
      `postgres://offline:${bad}@127.0.0.1:1/x?password=${bad}`,
    ];
    const malformed = [
      `postgres://offline:100%${bad}@${postgres}/x`,
      `postgres://offline:12/${bad}@${postgres}/x`,
      bad,
    ];
    for (const url of [...offline, ...malformed])
      expect([1, 3]).toContain(await millrace('status', { OFFLINE_URL: url }));
    // An invalid URL of a source does not stop other commands, and is logged.
    expect(await millrace('status', { SHOP_URL: servers.env['SLASHED_URL'] ?? '' })).toBe(0);
    const [denied, away] = [`redis://online:${bad}@${redis}/1`, `redis://online:${bad}@127.0.0.1:1/1`];
    for (const invalid of [`redis://:12/${bad}@x/1`, `${away}?password=${bad}`]) {
      expect([1, 3]).toContain(await millrace('get good ada', { ONLINE_URL: invalid }));
      expect([1, 3]).toContain(await millrace('worker', { QUEUE_URL: invalid }));
    }
    for (const url of [denied, away]) expect(await millrace('get good ada', { ONLINE_URL: url })).toBe(1);
    expect(await millrace('worker', { QUEUE_URL: denied })).toBe(1);
    await waitForAbsent(away);
    expect(await millrace('restate good_third --here', { ONLINE_URL: denied })).toBe(2);
  }

  /** A worker that waits for an unavailable queue. */
  async function waitForAbsent(url: string): Promise<void> {
    const worker = startMillrace(folder, 'worker --debug', { ...servers.env, QUEUE_URL: url });
    await until(() => worker.output().includes('process.waiting'));
    worker.kill('SIGTERM');
    printed[`waiting worker ${Object.keys(printed).length}`] = Object.values(await worker.ended).join('\n');
  }

  beforeAll(async () => {
    servers = resources.use(await startServers());
    folder = await projectFolder(PROJECT);
    expect(await millrace('apply')).toBe(0);
    await runAll();
    await runAgainstBadServers();
    for (const words of LOOKS) expect(await millrace(words)).toBe(0);
    await writeFile(
      join(folder, 'features/good.yaml'),
      PROJECT['features/good.yaml']?.replace('type: string', 'type: int') ?? '',
    );
    expect(await millrace('apply good --restate')).toBe(1);
    return () => resources.disposeAsync();
  }, 240_000);

  test('are not in the output of processes', () => {
    expect(holding(printed, PASSWORD, VALUE)).toEqual([]);
    expect(printed['worker']).toContain('stopped the query with SQLSTATE 22P02');
  });

  test('are not in Postgres, except for values in the feature tables', async () => {
    const texts = await tablesAsText(servers.database, ['millrace', 'staging', 'features']);
    expect(holding(texts, PASSWORD)).toEqual([]);
    expect(holding(texts, VALUE)).toEqual(['features.good', 'features.good_third']);
    const runs = await servers.database.query<{ name: string; said: string }>(
      `select v.name, r.error->>'message' as said from millrace.run r join millrace.view v on v.id = r.view_id
        where r.state = 'failed' order by r.id`,
    );
    expect(runs.map(({ name }) => name)).toEqual(Object.keys(SAID));
    expect(runs.filter(({ name, said }) => !(SAID[name] ?? /^$/).test(said))).toEqual([]);
  });

  test('are not in Redis, except for values in the online rows', async () => {
    const [online, queue] = [
      await keysAsText(servers.env['ONLINE_URL'] ?? ''),
      await keysAsText(servers.env['QUEUE_URL'] ?? ''),
    ];
    expect(holding(online, PASSWORD)).toEqual([]);
    expect(holding(online, VALUE)).toEqual(['mr:good:ada', 'mr:good_third:ada']);
    expect(holding(queue, PASSWORD, VALUE)).toEqual([]);
    expect(Object.keys(queue).filter((key) => /:run:cast_int/.test(key))).toHaveLength(1);
  });
});
