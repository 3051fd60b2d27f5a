// What `millrace apply` deploys, and what needs a decision.

import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../../src/cli/main.ts';
import { openTerminal } from '../../../src/cli/output/terminal.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { openQueues } from '../../../src/queue/queues.ts';
import { DEFAULT_QUEUE_SETTINGS } from '../../../src/queue/settings.ts';
import { until } from '../../support/until.ts';
import { type CommandWorld, NIGHTLY, openCommandWorld, SPEND } from '../world.ts';

const EDITED = SPEND.replace('value,', 'value * 2 as value,');
const AWAY = { MILLRACE_QUEUE_URL: 'redis://127.0.0.1:1' };

const generations = ({ database }: CommandWorld) =>
  database.query<{ generation: number; fingerprint: string }>(
    'select generation, fingerprint from millrace.deployment order by generation',
  );

async function schedules({ env }: CommandWorld): Promise<string[]> {
  const queue = { url: env['MILLRACE_QUEUE_URL'] ?? '', prefix: 'millrace' };
  await using queues = await openQueues({
    queue,
    connectionName: 'test',
    clock: systemClock,
    settings: DEFAULT_QUEUE_SETTINGS,
  });
  return (await queues.tick.getJobSchedulers()).map(({ key, pattern }) => `${key} ${pattern}`).sort();
}

describe('apply', () => {
  test('deploys views and jobs, schedules them immediately, and then finds nothing to do', async () => {
    const world = await openCommandWorld({
      'jobs/stopped.yaml': `${NIGHTLY.replace('nightly', 'stopped')}paused: true\n`,
    });
    expect(await world.millrace('apply')).toEqual({
      code: 0,
      stderr: '',
      stdout: 'added  spend\nadded  job nightly\nadded  job stopped, paused\ndeployed as generation 1\n',
    });
    expect(await schedules(world)).toEqual(['nightly 15 3 * * *']);
    expect((await world.millrace('apply')).stdout).toBe('1 view unchanged\n');
    await world.write({ 'jobs/nightly.yaml': NIGHTLY.replace('15 3', '15 4') });
    expect((await world.millrace('apply')).stdout).toBe(
      'changed  job nightly\n1 view unchanged\ndeployed as generation 2\n',
    );
    expect(await schedules(world)).toEqual(['nightly 15 4 * * *']);
  });

  test('goes back to older definitions on purpose, as a new generation', async () => {
    const world = await openCommandWorld();
    for (const cron of ['15 3', '15 4', '15 3']) {
      await world.write({ 'jobs/nightly.yaml': NIGHTLY.replace('15 3', cron) });
      expect((await world.millrace('apply')).code).toBe(0);
    }
    const [first, second, third] = await generations(world);
    expect([first?.fingerprint === third?.fingerprint, first?.fingerprint === second?.fingerprint]).toEqual([
      true,
      false,
    ]);
    expect(await schedules(world)).toEqual(['nightly 15 3 * * *']);
  });

  test('deploys while the queue is away, and says that a scheduler updates the schedules', async () => {
    const world = await openCommandWorld();
    expect(await world.millrace('apply', AWAY)).toEqual({
      code: 0,
      stdout: 'added  spend\nadded  job nightly\ndeployed as generation 1\n',
      stderr: expect.stringMatching(
        /^The definitions are deployed, but the schedules could not be updated: The queue \(redis:\/\/127\.0\.0\.1:1\) is not responding[^\n]*\. A running scheduler will update them within a minute after the queue is back\.\n$/,
      ),
    });
    expect(await generations(world)).toHaveLength(1);
  });

  test('deploys a single view, and leaves jobs and generations as they are', async () => {
    const world = await openCommandWorld();
    await world.millrace('apply');
    await world.write({
      'features/spend.yaml': `${SPEND}ttl: 1d\n`,
      'jobs/nightly.yaml': NIGHTLY.replace('15 3', '0 0'),
    });
    expect((await world.millrace('apply spend')).stdout).toBe('changed  spend\n');
    expect([await generations(world), await schedules(world)]).toEqual([[expect.anything()], ['nightly 15 3 * * *']]);
  });

  test.each<[string, string]>([
    ['--restate', '{["2026-01-01 00:00:00+00","2026-01-03 00:00:00+00")}'],
    ['--forward-only', '{}'],
    ['--forward-only --from 2026-01-02', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}'],
    // A unit is read as a whole.
    ['--forward-only --from 2026-01-02T13:00Z', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}'],
    ['--equivalent', '{}'],
  ])('reads the expected units again with %s', async (meaning, stale) => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': EDITED });
    expect(await world.millrace(`apply spend ${meaning}`)).toMatchObject({ code: 0, stderr: '' });
    expect(
      await world.database.query('select stale::text as stale, covered::text as covered from millrace.coverage'),
    ).toEqual([{ stale, covered: '{["2026-01-01 00:00:00+00","2026-01-03 00:00:00+00")}' }]);
  });

  test('shows the effect of a decision, and when it happens', async () => {
    const world = await openCommandWorld({ 'features/other.yaml': SPEND.replace('name: spend', 'name: other') });
    await world.millrace('apply');
    await world.millrace('run spend other --here');
    await world.write({
      'features/spend.yaml': EDITED,
      'features/other.yaml': EDITED.replace('name: spend', 'name: other'),
    });
    const { stdout } = await world.millrace('apply spend --forward-only --from 2026-01-02');
    expect(stdout.replace(/\d{4}-\d\d-\d\d 03:15 UTC/, '(then)')).toBe(
      'applied as forward-only  spend\n  1 unit will be read again at the next tick of nightly, (then), or now with: millrace run spend\n',
    );
    expect((await world.millrace('apply other --restate')).stdout).toBe(
      'applied as restate  other\n  2 units will be read again only on request, because no job schedules other; to run it now: millrace run other\n',
    );
    await world.write({ 'features/spend.yaml': SPEND });
    expect(JSON.parse((await world.millrace('apply spend --restate --json')).stdout)).toMatchObject({
      settled: [{ name: 'spend', meaning: 'restate', units: 2 }],
      waiting: [],
    });
  });

  test.each(['2026-01-03', '2030-01-01'])('refuses --from %s, after which nothing is stored', async (from) => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': EDITED });
    expect(await world.millrace(`apply spend --forward-only --from ${from}`)).toEqual({
      code: 3,
      stdout: '',
      stderr: `spend has nothing to read again from ${from} onward, because its stored rows end at 2026-01-03: use an earlier time, or omit --from.\n`,
    });
    expect(await world.database.query('select edited_fingerprint from millrace.view')).toEqual([
      { edited_fingerprint: null },
    ]);
  });

  test('refuses to keep the snapshots of a complete view whose interval is edited', async () => {
    const world = await openCommandWorld({ 'features/spend.yaml': `${SPEND}complete: true\n` });
    await world.millrace('run spend --here');
    const edited = `${SPEND}complete: true\n`.replace('interval: 1d', 'interval: 12h');
    await world.write({ 'features/spend.yaml': edited });
    for (const meaning of ['--forward-only', '--equivalent']) {
      const { code, stderr } = await world.millrace(`apply spend ${meaning}`);
      expect({ code, stderr }).toEqual({
        code: 3,
        stderr: expect.stringContaining(
          'spend is a complete view, and this edit changes its interval, so its stored snapshots must be read again: run "millrace apply spend --restate".',
        ),
      });
    }
    expect((await world.millrace('apply spend --restate')).code).toBe(0);
    expect(await world.database.query('select rebuild_reason from millrace.view')).toEqual([
      { rebuild_reason: 'features' },
    ]);
  });

  test('names the command that deploys an edit of a view without stored rows', async () => {
    const world = await openCommandWorld();
    await world.millrace('apply');
    await world.write({ 'features/spend.yaml': EDITED });
    expect((await world.millrace('apply spend --equivalent')).stderr).toBe(
      'spend has no edits that may change stored rows; to deploy its other changes, run "millrace apply spend" without an option.\n',
    );
  });

  test('deploys an edit of a view without stored rows like a new view', async () => {
    const broken = SPEND.replace('from spend', 'from nowhere').replace('type: float', 'type: string');
    const world = await openCommandWorld({ 'features/spend.yaml': broken });
    await world.millrace('apply');
    expect((await world.millrace('run spend --here')).code).toBe(1);
    await world.write({ 'features/spend.yaml': SPEND });
    expect((await world.millrace('plan')).stdout).toMatch(/~ changed {2}spend {2}2 runs, 2 units/);
    expect(await world.millrace('apply')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^changed {2}spend\n/),
    });
    expect(await world.millrace('run spend --here')).toMatchObject({ code: 0, stderr: '' });
    expect(await world.database.query('select pg_typeof(spend)::text as type from features.spend limit 1')).toEqual([
      { type: 'double precision' },
    ]);
  });

  test('refuses --from without --forward-only', async () => {
    const world = await openCommandWorld();
    expect(await world.millrace('apply spend --restate --from 2026-01-02')).toEqual({
      code: 3,
      stdout: '',
      stderr: '--from requires --forward-only: it sets the time from which the edit applies.\n',
    });
  });

  test('asks on a terminal how to deploy each edit, and exits with 2 if some still wait', async () => {
    const named = (name: string, text: string) => text.replace('name: spend', `name: ${name}`);
    const whole = `complete: true\n${named('all_rows', SPEND)}`;
    const world = await openCommandWorld({ 'features/other.yaml': named('other', SPEND), 'features/all.yaml': whole });
    await world.millrace('run spend other all_rows --here');
    await world.write({ 'features/spend.yaml': EDITED, 'features/other.yaml': named('other', EDITED) });
    await world.write({ 'features/all.yaml': whole.replace('interval: 1d', 'interval: 12h') });
    const tty = () => Object.assign(new PassThrough(), { isTTY: true });
    const streams = { stdin: tty(), stdout: tty(), stderr: tty() };
    let shown = '';
    streams.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
    });
    const terminal = openTerminal({ NO_COLOR: '1' }, streams);
    const ended = runCommand(['apply', '--project', world.folder], { terminal, env: world.env, clock: systemClock });
    await until(() => shown.includes('What should happen to the stored rows of all_rows?'));
    streams.stdin.write('forward-only\n');
    await until(() => shown.includes('What should happen to the stored rows of other?'));
    streams.stdin.write('later\n');
    await until(() => shown.includes('What should happen to the stored rows of spend?'));
    streams.stdin.write('restate\n');
    expect(await ended).toBe(2);
    expect(shown).toMatch(/applied as restate {2}spend\n {2}2 units will be read again at the next tick of nightly, /);
    expect(
      await world.database.query(
        `select v.name, v.edited_fingerprint is not null as edited, c.stale <> '{}' as stale
           from millrace.view v join millrace.coverage c on c.view_id = v.id order by name`,
      ),
    ).toEqual([
      { name: 'all_rows', edited: true, stale: false },
      { name: 'other', edited: true, stale: false },
      { name: 'spend', edited: false, stale: true },
    ]);
  });

  test('has a stable JSON', async () => {
    const world = await openCommandWorld();
    await world.millrace('migrate');
    expect(JSON.parse((await world.millrace('apply --json')).stdout)).toEqual({
      migrations: [],
      generation: 1,
      isNew: true,
      changes: [{ name: 'spend', change: 'added' }],
      jobs: [{ name: 'nightly', change: 'added', changes: [], cron: '15 3 * * *', timezone: 'UTC', paused: false }],
      meaning: null,
      settled: [],
      waiting: [],
      schedules: true,
    });
  });
});
