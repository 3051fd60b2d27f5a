// A source with a fallback, over a real server: which one is read, and what a run says about it.

import { expect, test } from 'vitest';
import { CONFIG, openCommandWorld, SPEND } from '../cli/world.ts';
import { startForwarder } from '../support/forwarder.ts';
import { slowTest } from '../support/sample.ts';

const PAIR = CONFIG.replace(
  /shop: .*/,
  `shop: { url: "\${REPLICA_URL}", fallback: primary }
  primary: { url: "\${SHOP_DATABASE_URL}" }`,
);

/** The same server twice, once through a forwarder that can refuse connections. */
async function pairWorld(view = SPEND) {
  const world = await openCommandWorld({ 'millrace.yaml': PAIR, 'features/spend.yaml': view });
  const replica = await startForwarder(String(world.env['SHOP_DATABASE_URL']));
  const run = (words = 'run spend --here', url = replica.url) => world.millrace(words, { REPLICA_URL: url });
  return { world, replica, run };
}

const notesOf = async ({ world }: Awaited<ReturnType<typeof pairWorld>>) =>
  (await world.database.query<{ notes: string[] }>('select notes from millrace.run order by id')).flatMap(
    ({ notes }) => notes,
  );

test('reads the first source while it responds', async () => {
  const pair = await pairWorld();
  expect((await pair.run()).code).toBe(0);
  expect(await notesOf(pair)).toEqual([]);
});

test('reads the fallback while the first is unavailable, and the run says so', async () => {
  const pair = await pairWorld();
  pair.replica.refuse();
  expect((await pair.run()).code).toBe(0);
  expect(await notesOf(pair)).toContain('read from source primary, because source shop was unavailable');
  expect(await pair.world.database.query('select count(*)::int as rows from features.spend')).toEqual([{ rows: 4 }]);
});

test.each([
  ['is unavailable too', (replica: string) => replica],
  ['has an invalid URL', () => 'postgres://127.0.0.1/shop?ssl_mode=verify-full'],
])('fails with the error from the first source if the fallback %s', async (_, urlOf) => {
  const pair = await pairWorld();
  pair.replica.refuse();
  const urls = { REPLICA_URL: pair.replica.url, SHOP_DATABASE_URL: urlOf(pair.replica.url) };
  const failed = await pair.world.millrace('run spend --here', urls);
  expect(failed.code).not.toBe(0);
  expect(failed.stderr + failed.stdout).toContain('SOURCE_UNAVAILABLE');
  expect(failed.stderr + failed.stdout).toMatch(/source shop /i);
  expect(failed.stderr + failed.stdout).not.toMatch(/source primary /i);
});

test('does not use the fallback for an invalid query', async () => {
  const pair = await pairWorld(SPEND.replace('value, {{end}}', 'valve, {{end}}'));
  const failed = await pair.run();
  expect(failed.stdout + failed.stderr).toContain('column "valve" does not exist');
  expect(await notesOf(pair)).toEqual([]);
});

slowTest('a view with safe_bound never reads the fallback', async () => {
  const events = `${SPEND.replace('kind: snapshot', 'kind: events')}safe_bound: true
`.replace(/query: .*/, 'query: select entity_id, value, {{start}} as timestamp from spend where {{start}} < {{end}}');
  const pair = await pairWorld(events);
  pair.replica.refuse();
  const failed = await pair.run();
  expect(failed.stdout + failed.stderr).toContain('SOURCE_UNAVAILABLE');
  expect(await notesOf(pair)).toEqual([]);
});

test('is refused for files, also where only the environment says that the source reads them', async () => {
  const pair = await pairWorld(SPEND.replace('query: ', 'files: "{yyyy}-{MM}-{dd}.csv"\nquery: '));
  const failed = await pair.run('run spend --here', 'file:./lake');
  expect(failed.stdout + failed.stderr).toContain('which is only for databases, but reads files');
});
