// What the checks of whole runs find at their defaults, and what they leave alone: simulated units.

import { describe, expect, test } from 'vitest';
import { textOf } from '../../src/core/message.ts';
import { parseCheck } from '../../src/definition/parse/parse-checks.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import type { StoredBins } from '../../src/quality/bins.ts';
import { judgeDrift } from '../../src/quality/judge-drift.ts';
import { isSameTime, judgeVolume, type UnitRows } from '../../src/quality/judge-volume.ts';
import type { Profile } from '../../src/quality/profile.ts';
import { checkSentence } from '../../src/quality/sentence.ts';
import { missingBins, profileOf, type StagedFacts } from '../../src/quality/summarize.ts';
import { slowTest } from '../support/sample.ts';
import { at, feature, view } from '../support/views.ts';
import { normal, seeded, type Uniform } from './random.ts';

const DAY_MS = 86_400_000;
const FIRST = at('2024-01-01');

function checkOf(keys: object, unitMs = DAY_MS) {
  return parseCheck({ on_failure: 'fail', ...keys }, unitMs);
}

function driftOf(keys: object) {
  const check = checkOf(keys);
  if (check.kind !== 'drift') throw new Error('not a drift check');
  return check;
}

function volumeOf(keys: object, unitMs = DAY_MS) {
  const check = checkOf(keys, unitMs);
  if (check.kind !== 'volume') throw new Error('not a volume check');
  return check;
}

/** About this many rows, as rows that arrive independently. */
function poisson(random: Uniform, mean: number): number {
  return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
}

/** The profile of a unit in which each feature has these values. */
function profiled(of: FeatureView, values: readonly (readonly number[])[], bins: Map<string, StoredBins>): Profile {
  const rows = values[0]?.length ?? 0;
  const features = values.map((sample) => {
    return { nulls: 0, min: null, max: null, mean: null, deviation: null, sample: sample.map(String) };
  });
  const facts: StagedFacts = { rows, sampled: rows, features };
  for (const [name, chosen] of missingBins(of, facts, bins)) bins.set(name, { ...chosen, id: bins.size + 1 });
  return profileOf(of, facts, bins);
}

/** Feature f has the mean 10·f and the deviation 1 + f; half of them are skewed. */
function unitOf(random: Uniform, features: number, { rows, shifted }: { rows: number; shifted: number | null }) {
  return Array.from({ length: features }, (_, f) => {
    const shift = shifted === f ? 1 : 0;
    return Array.from({ length: rows }, () => {
      const base = normal(random);
      const shaped = f % 2 === 0 ? base : (Math.exp(base) - 1.649) / 2.161;
      return 10 * f + (1 + f) * (shaped + shift);
    });
  });
}

describe('judgeDrift', () => {
  slowTest('finds a shift of one deviation in one of 40 features, and names it', () => {
    const random = seeded(1);
    const of = view({ features: Array.from({ length: 40 }, (_, f) => feature(`f${f}`, 'float')) });
    const bins = new Map<string, StoredBins>();
    const earlier = Array.from({ length: 28 }, () => {
      return profiled(of, unitOf(random, 40, { rows: 500, shifted: null }), bins);
    });
    const same = profiled(of, unitOf(random, 40, { rows: 500, shifted: null }), bins);
    expect(judgeDrift(driftOf({ drift: '*' }), same, earlier).state).toBe('passed');
    for (let shifted = 0; shifted < 40; shifted += 1) {
      const moved = profiled(of, unitOf(random, 40, { rows: 500, shifted }), bins);
      const { state, facts } = judgeDrift(driftOf({ drift: '*' }), moved, earlier);
      expect({ state, facts }).toMatchObject({
        state: 'broken',
        facts: { feature: `f${shifted}`, drifted: { length: 1 } },
      });
    }
  });

  test('says what it lacks: history, values, or those of some features', () => {
    const random = seeded(5);
    const of = view({ features: [feature('amount', 'float'), feature('items', 'float')] });
    const bins = new Map<string, StoredBins>();
    const few = profiled(of, unitOf(random, 2, { rows: 20, shifted: null }), bins);
    const sentence = (keys: object, profile: Profile, earlier: readonly Profile[]) => {
      const outcome = judgeDrift(driftOf(keys), profile, earlier);
      return [outcome.state, textOf(checkSentence(outcome))];
    };
    expect(sentence({ drift: 'amount' }, few, [])).toEqual([
      'skipped',
      'drift of amount, psi 0.2: not enough values: a histogram needs one run with 50 values, but this one has 20 rows',
    ]);
    const earlier = Array.from({ length: 4 }, () => {
      return profiled(of, unitOf(random, 2, { rows: 200, shifted: null }), bins);
    });
    const [newest = few] = earlier;
    expect(sentence({ drift: '*' }, newest, earlier.slice(2))).toEqual([
      'skipped',
      'drift of all features, psi 0.2: not enough history yet: 2 of 4 comparable intervals',
    ]);
    const without = earlier.map(({ features: { items: _, ...features }, ...rest }) => ({ ...rest, features }));
    expect(sentence({ drift: ['amount', 'items'] }, newest, without)).toEqual([
      'passed',
      expect.stringMatching(/comparable runs; 1 feature does not have enough history or values yet$/),
    ]);
  });

  test('gives no alarm in 1,000 seasonal units without a shift', () => {
    const random = seeded(2);
    const of = view({ features: [feature('amount', 'float'), feature('items', 'float')] });
    const bins = new Map<string, StoredBins>();
    const check = driftOf({ drift: '*' });
    const profiles: { readonly start: number; readonly profile: Profile }[] = [];
    const broken: number[] = [];
    let judged = 0;
    for (let day = 0; day < 1_000; day += 1) {
      const start = FIRST + day * DAY_MS;
      // Weekends have fewer and larger orders.
      const isWeekend = day % 7 > 4;
      const rows = poisson(random, isWeekend ? 60 : 400);
      const amounts = Array.from({ length: rows }, () => Math.exp(3 + (isWeekend ? 0.8 : 0) + normal(random)));
      const items = amounts.map((amount) => Math.ceil(amount / 10));
      const profile = profiled(of, [amounts, items], bins);
      const earlier = profiles.filter((other) => isSameTime(check.same, other.start, start)).slice(-check.comparedTo);
      const { state } = judgeDrift(
        check,
        profile,
        earlier.map((other) => other.profile),
      );
      if (state === 'broken') broken.push(day);
      if (state !== 'skipped') judged += 1;
      profiles.push({ start, profile });
    }
    expect(broken).toEqual([]);
    expect(judged).toBeGreaterThan(950);
  });
});

describe('judgeVolume', () => {
  slowTest('gives no alarm in 1,000 seasonal units without a change', () => {
    const random = seeded(3);
    const check = volumeOf({ volume: '40%' });
    const units: UnitRows[] = [];
    const broken: number[] = [];
    for (let day = 0; day < 1_000; day += 1) {
      const year = 1 + 0.3 * Math.sin((2 * Math.PI * day) / 365);
      const unit = { start: FIRST + day * DAY_MS, rows: poisson(random, (day % 7 > 4 ? 40 : 600) * year) };
      if (judgeVolume(check, [unit], units).state === 'broken') broken.push(day);
      units.push(unit);
    }
    expect(broken).toEqual([]);
  });

  slowTest('gives no alarm in 1,000 hours of few rows', () => {
    const random = seeded(4);
    const check = volumeOf({ volume: '40%' }, 3_600_000);
    const units: UnitRows[] = [];
    const broken: number[] = [];
    for (let hour = 0; hour < 1_000 + 8 * 168; hour += 1) {
      const unit = { start: FIRST + hour * 3_600_000, rows: poisson(random, hour % 24 > 6 ? 12 : 1) };
      if (judgeVolume(check, [unit], units).state === 'broken') broken.push(hour);
      units.push(unit);
    }
    expect(broken).toEqual([]);
  });

  test('finds half of the rows', () => {
    const units = Array.from({ length: 70 }, (_, day) => ({
      start: FIRST + day * DAY_MS,
      rows: day % 7 > 4 ? 40 : 600,
    }));
    const [half] = [{ start: FIRST + 70 * DAY_MS, rows: 300 }];
    expect(judgeVolume(volumeOf({ volume: '40%' }), [half], units)).toMatchObject({
      state: 'broken',
      facts: { rows: 300, median: 600, units: 8 },
    });
  });
});
