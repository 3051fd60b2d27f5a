import { describe, expect, test } from 'vitest';
import type { ProfiledLimits } from '../../src/quality/profile.ts';
import {
  brokenRemovalRule,
  brokenRule as brokenRuleOf,
  isSnapshotShort,
  type RemovalBy,
  replacesSnapshot,
  requireRowsMax,
} from '../../src/run/rules.ts';
import { DEFAULT_RUN_OPTIONS, NO_COUNTS, type Run, type RunCounts } from '../../src/state/runs/run.ts';
import { feature, view } from '../support/views.ts';

const NOTHING_STORED: RemovalBy = { stored: 0, removed: 0, kept: 0, outdated: 0, withoutKey: 0 };
const PLAIN: ProfiledLimits = { features: { spend: { nulls: 0, min: '1', max: '9' } } };

function run(counts: Partial<RunCounts>, extra: Partial<Run> = {}): Run {
  return {
    id: 7,
    viewId: 1,
    view: view(),
    span: null,
    reason: 'manual',
    state: 'active',
    stage: 'check',
    options: DEFAULT_RUN_OPTIONS,
    attempt: 1,
    epoch: 1,
    owner: 'test',
    stagingTable: 'staging.run_7_1',
    refusedTable: null,
    stagedRows: 0,
    keptRefusedRows: 0,
    counts: { ...NO_COUNTS, ...counts },
    current: true,
    mayStart: true,
    ...extra,
  };
}

function brokenRule(of: Run, profile: ProfiledLimits, removal: RemovalBy, duplicates = 0) {
  return brokenRuleOf(of, profile, duplicates) ?? brokenRemovalRule(of, removal);
}

describe('brokenRule', () => {
  test('tolerates a few refused rows of any share, if others were accepted', () => {
    expect(brokenRule(run({ read: 11, accepted: 1, refused: 10 }), PLAIN, NOTHING_STORED)).toBeNull();
  });

  test('requires one accepted row, unless refused_max is 100%', () => {
    const none = run({ read: 2, refused: 2, refusedBy: { value_null: 2 } });
    expect(brokenRule(none, PLAIN, NOTHING_STORED)?.message).toBe(
      'All 2 rows of spend were refused (value_null 2): look at them with "millrace quarantine spend", then fix the source or the query.',
    );
    expect(brokenRule({ ...none, view: view({ refusedMax: 1 }) }, PLAIN, NOTHING_STORED)).toBeNull();
    expect(brokenRule(run({ read: 0 }), PLAIN, NOTHING_STORED)).toBeNull();
  });

  test('also fails for a few refused rows without a key, if they may be replacements of removed rows', () => {
    const one = run({ read: 8, accepted: 7, refused: 1, refusedBy: { entity_id_null: 1 } });
    const removal = { ...NOTHING_STORED, stored: 8, removed: 1, withoutKey: 1 };
    expect(brokenRule(one, PLAIN, removal)?.code).toBe('ROWS_REFUSED');
    expect(brokenRule(one, PLAIN, { ...removal, removed: 0 })).toBeNull();
    expect(brokenRule(one, PLAIN, { ...removal, withoutKey: 0 })).toBeNull();
    const few = run({ read: 100, accepted: 99, refused: 1, refusedBy: { entity_id_null: 1 } });
    expect(brokenRule(few, PLAIN, removal)).toBeNull();
    const allowed = { ...one, options: { ...DEFAULT_RUN_OPTIONS, allowRemovals: true } };
    expect(brokenRule(allowed, PLAIN, removal)).toBeNull();
  });

  test('judges parts without the rows that have no entity, and refuses any other row that they would lack', () => {
    const parts = { view: view({ name: 'spend.parts', partsOf: 'spend' }) };
    const unnamed = run({ read: 20, refused: 20, refusedBy: { entity_id_null: 12, entity_id_empty: 8 } }, parts);
    expect(brokenRule(unnamed, PLAIN, NOTHING_STORED)).toBeNull();
    const some = run({ read: 40, accepted: 20, refused: 20, refusedBy: { entity_id_null: 20 } }, parts);
    const removal = { ...NOTHING_STORED, stored: 8, removed: 1, withoutKey: 20 };
    expect(brokenRule(some, PLAIN, removal)).toBeNull();
    const broken = { read: 41, accepted: 20, refused: 21, refusedBy: { entity_id_null: 20, row_broken: 1 } };
    expect(brokenRule(run(broken, parts), PLAIN, NOTHING_STORED)).toBeNull();
    expect(brokenRule(run(broken, parts), PLAIN, { ...removal, withoutKey: 21 })?.code).toBe('ROWS_REFUSED');
    for (const reason of ['field_wrong_type', 'value_not_finite', 'timestamp_null']) {
      const one = run({ read: 9_001, accepted: 9_000, refused: 1, refusedBy: { [reason]: 1 } }, parts);
      expect(brokenRule(one, PLAIN, NOTHING_STORED)?.code).toBe('ROWS_REFUSED');
    }
  });

  test('never keeps a row that an edit has made wrong', () => {
    const options = { ...DEFAULT_RUN_OPTIONS, allowRemovals: true };
    const one = run({ read: 8, accepted: 7, refused: 1 }, { options, view: view({ refusedMax: 1 }) });
    const broken = brokenRule(one, PLAIN, { ...NOTHING_STORED, stored: 8, kept: 1, outdated: 1 });
    expect(broken?.message).toBe(
      '1 row of spend was refused, and its stored values cannot be kept because the edit to the view invalidated them: look at it with "millrace quarantine spend", then fix the source, or exclude it in the query.',
    );
  });

  test('accepts a share up to refused_max', () => {
    expect(brokenRule(run({ read: 1_100, accepted: 1_089, refused: 11 }), PLAIN, NOTHING_STORED)).toBeNull();
    const broken = brokenRule(
      run({ read: 1_099, accepted: 1_088, refused: 11, refusedBy: { value_null: 2, entity_id_null: 9 } }),
      PLAIN,
      NOTHING_STORED,
    );
    expect(broken?.code).toBe('ROWS_REFUSED');
    expect(broken?.message).toBe(
      '11 of 1099 rows of spend (1%) were refused (entity_id_null 9, value_null 2), more than refused_max allows (1%): look at them with "millrace quarantine spend", then fix the query or raise refused_max.',
    );
  });

  test('accepts duplicates up to duplicates_max, if set', () => {
    const counts = { read: 2_205, accepted: 2_205 };
    expect(brokenRule(run(counts), PLAIN, NOTHING_STORED, 2_091)).toBeNull();
    const limited = run(counts, { view: view({ duplicatesMax: 0.9 }) });
    expect(brokenRule(limited, PLAIN, NOTHING_STORED, 1_984)).toBeNull();
    expect(brokenRule(limited, PLAIN, NOTHING_STORED, 2_091)?.message).toBe(
      '2091 of 2205 rows of spend (94.83%) have the same entity and time as another row, more than duplicates_max allows (90%): only one row per entity and time is stored, so make the query return one, or raise duplicates_max.',
    );
  });

  test('requires rows_min good rows', () => {
    const broken = brokenRule(run({ accepted: 2 }, { view: view({ rowsMin: 3 }) }), PLAIN, NOTHING_STORED);
    expect(broken?.message).toBe(
      'The query of spend returned 2 valid rows, fewer than rows_min (3): fix the source or the query, or lower rows_min.',
    );
  });

  test.each([
    [{ nullsMax: 0.1 }, '20% of its values are null, more than nulls_max allows (10%)'],
    [{ min: 2 }, 'its smallest value is 1, below min (2)'],
    [{ max: 8 }, 'its largest value is 9, above max (8)'],
  ])('requires values within %j', (limit, sentence) => {
    const limited = view({ features: [feature('spend', 'float', limit)] });
    const profile = { features: { spend: { nulls: 2, min: '1', max: '9' } } };
    const broken = brokenRule(run({ accepted: 10 }, { view: limited }), profile, NOTHING_STORED);
    expect(broken?.message).toBe(`Feature spend of spend fails its check: ${sentence}.`);
  });

  test('keeps stored rows that the source no longer has, unless removals are allowed', () => {
    const forgetful = { ...NOTHING_STORED, stored: 100, removed: 11 };
    expect(brokenRule(run({}), PLAIN, { ...forgetful, removed: 10 })).toBeNull();
    expect(brokenRule(run({}), PLAIN, { ...forgetful, stored: 10, removed: 10 })).toBeNull();
    expect(brokenRule(run({}), PLAIN, forgetful)?.code).toBe('CHECK_FAILED');
    const allowed = run({}, { options: { ...DEFAULT_RUN_OPTIONS, allowRemovals: true } });
    expect(brokenRule(allowed, PLAIN, forgetful)).toBeNull();
  });
});

describe('brokenRemovalRule', () => {
  test('limits the entities that are missing where all rows of a snapshot are replaced', () => {
    const replacing = run({ read: 100, accepted: 100 }, { options: { ...DEFAULT_RUN_OPTIONS, replacesRows: true } });
    const broken = (missing: number, accepted: number, of = replacing) =>
      brokenRemovalRule(of, { ...NOTHING_STORED, stored: 400, removed: 300, replaced: { missing, accepted } })?.code;
    expect([broken(10, 1), broken(11, 99), broken(12, 99), broken(11, 1)]).toEqual([
      undefined,
      undefined,
      'CHECK_FAILED',
      'CHECK_FAILED',
    ]);
    const allowed = { ...replacing, options: { ...replacing.options, allowRemovals: true } };
    expect(broken(99, 1, allowed)).toBeUndefined();
  });
});

describe('replacesSnapshot', () => {
  test('is true for a snapshot whose stored rows have other times, unless it is complete', () => {
    const options = { ...DEFAULT_RUN_OPTIONS, replacesRows: true };
    const ofView = (changes: Partial<Run['view']>) => replacesSnapshot(run({}, { view: view(changes), options }));
    expect([ofView({}), ofView({ kind: 'events' }), ofView({ complete: {} }), ofView({ partsOf: 'spend' })]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(replacesSnapshot(run({}))).toBe(false);
  });
});

describe('isSnapshotShort', () => {
  test('tolerates a few missing entities of any share, and more up to the limit', () => {
    const limited = view({ complete: { missingMax: 0.1 } });
    const isShort = (missing: number, before: number, defined = limited) =>
      isSnapshotShort(defined, { entities: before - missing, before, missing, wasEmpty: false });
    expect([isShort(10, 10), isShort(11, 11), isShort(11, 110), isShort(12, 110)]).toEqual([false, true, false, true]);
    expect(isShort(11, 11, view({ complete: {} }))).toBe(false);
  });
});

describe('requireRowsMax', () => {
  test('allows reading up to rows_max rows', () => {
    const limited = run({}, { view: view({ rowsMax: 10 }) });
    expect(() => requireRowsMax(limited, 10)).not.toThrow();
    expect(() => requireRowsMax(limited, 11)).toThrow(
      'Run 7 of spend read more than 10 rows (rows_max) and stopped: check the query, make each run cover less time (with a smaller interval in the view, or a smaller --chunk for the backfill), or raise rows_max.',
    );
    expect(() => requireRowsMax(run({}), 1e12)).not.toThrow();
  });
});
