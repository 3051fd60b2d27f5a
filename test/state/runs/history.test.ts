// The history of a run, through the real stages.

import { describe, expect, test } from 'vitest';
import { Snooze } from '../../../src/run/outcome.ts';
import { Shutdown } from '../../../src/run/shutdown.ts';
import type { Stage } from '../../../src/run/stage.ts';
import { claimRun, releaseRun } from '../../../src/state/runs/claim.ts';
import { type RunEntry, runHistory } from '../../../src/state/runs/history.ts';
import { at, view } from '../../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../../support/world.ts';

async function shop(options: WorldOptions = {}): Promise<World> {
  const world = await openWorld(options);
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend values ('ada', 1)`);
  await world.apply(view({ end: at('2026-01-02') }));
  return world;
}

/** Calls `act` at the first stage of an attempt. */
function atStaging(act: () => Promise<void> | void): (stages: readonly Stage[]) => readonly Stage[] {
  return (stages) =>
    stages.map((stage) => ({
      name: stage.name,
      perform: async (run, signal) => {
        if (stage.name === 'extract') await act();
        signal.throwIfAborted();
        return stage.perform(run, signal);
      },
    }));
}

/** Without times and owners, which vary. */
function entriesOf(entries: readonly RunEntry[]): object[] {
  return entries.map(({ at: _at, ...entry }) => {
    const {
      ms: _ms,
      owner: _owner,
      until: _until,
      last: _last,
      ...rest
    } = { ms: 0, owner: '', until: 0, last: 0, ...entry };
    return rest;
  });
}

const PLANNED = { what: 'planned', reason: 'manual', backfill: null };
const WELL = ['extracted', 'checked', 'committed', 'published'].map((what) => ({ what }));

const text = (said: string) => ({ kind: 'text', facts: { text: said } }) as const;

describe('runHistory', () => {
  test('lists the stages of a done run in order, with their durations', async () => {
    await using world = await shop();
    await world.materialize('spend');
    const history = await runHistory(world.app.database, 1);
    expect(entriesOf(history)).toEqual([
      PLANNED,
      { what: 'claimed', attempt: 1 },
      ...WELL,
      { what: 'closed', state: 'done' },
    ]);
    const times = history.map((entry) => entry.at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const entry of history) if ('ms' in entry) expect(entry.ms).toBeGreaterThanOrEqual(0);
  });

  test('lists each failed attempt with its error, its stage, and the time of the retry', async () => {
    await using world = await shop({ sources: { shop: 'postgres://none@127.0.0.1:1/none' } });
    const [run = 0] = await world.plan('spend', { attempts: 2, backoffMs: 0 });
    await world.perform(run);
    await world.perform(run);
    const error = { code: 'SOURCE_UNAVAILABLE', message: expect.stringMatching(/source/), stage: 'extract' };
    expect(entriesOf(await runHistory(world.app.database, run))).toEqual([
      PLANNED,
      { what: 'claimed', attempt: 1 },
      { what: 'failed', attempt: 1, ...error },
      { what: 'claimed', attempt: 2 },
      { what: 'closed', state: 'failed', attempt: 2, ...error },
    ]);
  });

  test('counts a repeated wait, and distinguishes another one', async () => {
    let why = 'no file';
    await using world = await shop({
      changeStages: atStaging(() => {
        if (why !== '') throw new Snooze(text(why), 60_000);
      }),
    });
    const [run = 0] = await world.plan('spend');
    for (const next of ['no file', 'no file', 'no disk', '']) {
      await world.perform(run);
      await world.sql('update millrace.run set not_before = null');
      why = next;
    }
    await world.perform(run);
    expect(entriesOf(await runHistory(world.app.database, run))).toEqual([
      PLANNED,
      { what: 'claimed', attempt: 1 },
      { what: 'snoozed', why: text('no file'), times: 3 },
      { what: 'claimed', attempt: 1 },
      { what: 'snoozed', why: text('no disk'), times: 1 },
      { what: 'claimed', attempt: 1 },
      ...WELL,
      { what: 'closed', state: 'done' },
    ]);
  });

  test('lists a shutdown, and a worker that reclaimed the run of a dead one', async () => {
    const stop = new AbortController();
    await using world = await shop({ changeStages: atStaging(() => stop.abort(new Shutdown('worker_stopped'))) });
    const [run = 0] = await world.plan('spend');
    await world.perform(run, stop.signal);
    await claimRun(world.app.database, run, 'gone', 0);
    await world.perform(run);
    expect(entriesOf(await runHistory(world.app.database, run))).toEqual([
      PLANNED,
      { what: 'claimed', attempt: 1 },
      {
        what: 'interrupted',
        attempt: 1,
        stage: 'extract',
        why: { kind: 'stopped', facts: { reason: 'worker_stopped' } },
      },
      { what: 'claimed', attempt: 1 },
      { what: 'taken over', attempt: 2 },
      ...WELL,
      { what: 'closed', state: 'done' },
    ]);
  });

  test('shows that a run waits for another run over its span', async () => {
    await using world = await shop();
    const [run = 0] = await world.plan('spend');
    await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, owner, lease_until)
       select view_id, span, 'manual', fingerprint, 'active', 'other', millrace.now() + interval '1 hour' from millrace.run`,
    );
    await world.perform(run);
    await world.perform(run);
    expect(entriesOf(await runHistory(world.app.database, run))).toEqual([
      PLANNED,
      { what: 'snoozed', why: { kind: 'overlap', facts: {} }, times: 1 },
    ]);
  });

  test('keeps the first and the last of too many entries, and counts the others', async () => {
    await using world = await shop();
    const [run = 0] = await world.plan('spend');
    for (let attempt = 1; attempt <= 200; attempt += 1) {
      const claim = await claimRun(world.app.database, run, `w${attempt}`, 60_000);
      if ('refused' in claim) throw new Error(claim.refused);
      const error = { code: 'SOURCE_QUERY', message: 'it broke', owner: 'author' };
      const wait = { kind: 'retry', facts: { code: error.code } } as const;
      await releaseRun(world.app.database, claim.claimed, { as: 'failAttempt', delayMs: 0, wait, error });
    }
    const history = await runHistory(world.app.database, run);
    expect(history.length).toBe(301);
    expect(history.slice(0, 2)).toMatchObject([PLANNED, { what: 'claimed', attempt: 1 }]);
    expect(history[101]).toMatchObject({ what: 'left out', entries: 101 });
    expect(history.slice(100, 103)).toMatchObject([{ attempt: 50 }, { what: 'left out' }, { attempt: 101 }]);
    expect(history.at(-1)).toMatchObject({ what: 'failed', attempt: 200 });
  });

  test('is empty for an unknown run', async () => {
    await using world = await shop();
    expect(await runHistory(world.app.database, 7)).toEqual([]);
  });
});
