// The totals of several rounds of runs.

import { describe, expect, test } from 'vitest';
import { Rounds } from '../../../src/cli/materialize/run-rounds.ts';
import type { RunOverview } from '../../../src/state/queries/run-overview.ts';
import { NO_COUNTS } from '../../../src/state/runs/run.ts';

const run = (id: number, state: RunOverview['state']): RunOverview => ({
  id,
  view: 'spend',
  span: null,
  reason: 'manual',
  state,
  stage: 'done',
  attempt: 1,
  attemptsMax: 1,
  owner: null,
  leaseUntil: null,
  counts: { ...NO_COUNTS, read: 10 },
  error: null,
  notes: [],
  checks: [],
  wait: state === 'planned' ? { kind: 'files', facts: { pattern: 'a', place: 'b' } } : null,
  waitMs: 0,
  nextAttemptAt: null,
  plannedAt: 0 as RunOverview['plannedAt'], // an instant that no assertion reads
  startedAt: null,
  committedAt: null,
  closedAt: null,
});

/** Rounds, each of which ended with these runs, written as `1 done`; one without a state did not end. */
function roundsOf(...all: readonly (readonly string[])[]): Rounds {
  const rounds = new Rounds();
  for (const words of all) {
    const runs = words.map((word) => word.split(' '));
    const ended = runs.flatMap(
      ([id, state]) => (state === undefined ? [] : [run(Number(id), state as RunOverview['state'])]), // written in this file
    );
    rounds.add(
      runs.map(([id]) => Number(id)),
      ended,
    );
  }
  return rounds;
}

describe('Rounds', () => {
  test('counts a run once, by its state after its last round', () => {
    const rounds = roundsOf(['1 done', '2 planned', '3 planned'], ['2 planned', '3 done', '4 failed']);
    expect(rounds.toJson()).toMatchObject({
      done: 2,
      failed: 1,
      waiting: 1,
      counts: { read: 20 },
      runs: [
        { id: 1, state: 'done' },
        { id: 2, state: 'planned' },
        { id: 3, state: 'done' },
        { id: 4, state: 'failed' },
      ],
    });
    expect(rounds.waiting.map(({ id }) => id)).toEqual([2]);
  });

  test.each([
    ['all runs were done in the end', [['1 done', '2 planned'], ['2 done']], 0],
    ['there was nothing to do', [], 0],
    ['a later round failed', [['1 done'], ['2 failed']], 2],
    ['an earlier round failed', [['1 failed'], ['2 done']], 2],
    ['a waiting run failed in the end', [['1 planned'], ['1 failed']], 1],
    ['every run of every round failed', [['1 failed'], ['2 failed', '3 superseded']], 1],
    ['a run still waits', [['1 failed'], ['2 planned']], 2],
    ['the last of several rounds was stopped', [['1 done'], ['2']], 2],
    ['the only round was stopped immediately', [['1', '2']], 1],
  ] as const)('has the exit code of all runs if %s', (_, rounds, code) => {
    expect(roundsOf(...rounds).exitCode).toBe(code);
  });
});
