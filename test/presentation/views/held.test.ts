// The sentence about held time: causes, and an unavailable source.

import { describe, expect, test } from 'vitest';
import { safe, textOf } from '../../../src/core/message.ts';
import { causesText, heldSentence } from '../../../src/presentation/views/held.ts';
import { at, view } from '../../support/views.ts';

const DAY_MS = 86_400_000;

function held(extra: Partial<Parameters<typeof heldSentence>[0]>): Parameters<typeof heldSentence>[0] {
  const first = [{ start: at('2026-01-01'), end: at('2026-01-03') }];
  return {
    view: view(),
    held: { count: 1, ms: 2 * DAY_MS, first, end: at('2026-01-03') },
    heldCauses: [],
    outages: [],
    lastFailure: null,
    isHeldByLastFailure: false,
    now: at('2026-01-05T10:00:00Z'),
    ...extra,
  };
}

const AWAY = { code: 'SOURCE_UNAVAILABLE', ms: 2 * DAY_MS, run: 4 };
const OUTAGE = {
  source: 'shop',
  ms: 2 * DAY_MS,
  probes: 2,
  probedAt: null,
  nextProbeAt: at('2026-01-05T10:04:00Z'),
  code: null,
};

describe('heldSentence', () => {
  test('counts the units of each cause', () => {
    const heldCauses = [
      { code: 'FILE_BROKEN', ms: DAY_MS, run: 2 },
      { code: 'cancelled', ms: DAY_MS, run: 1 },
    ];
    expect(textOf(heldSentence(held({ heldCauses })))).toBe(
      'spend: 2 units are held: FILE_BROKEN 1, cancelled 1; fix the causes, then run: millrace backfill spend --mode failed --from 2026-01-01 --to 2026-01-03',
    );
  });

  test('names the one run that holds everything, or the newest of several', () => {
    const lastFailure = {
      id: 9,
      code: 'SOURCE_QUERY',
      message: 'No lines.',
      parts: safe('No lines.'),
      owner: 'author',
    } as const;
    const sentence = (runs: number) => {
      const heldCauses = [{ code: 'SOURCE_QUERY', ms: 2 * DAY_MS, runs, run: 9 }];
      return textOf(heldSentence(held({ heldCauses, lastFailure, isHeldByLastFailure: runs === 1 })));
    };
    expect(sentence(1)).toBe(
      'spend: 2 units are held because run 9 failed with SOURCE_QUERY: No lines (millrace runs show 9); fix the cause, then run: millrace retry 9',
    );
    expect(sentence(2)).toBe(
      'spend: 2 units are held because several runs failed, most recently run 9 with SOURCE_QUERY: No lines (millrace runs show 9); fix the cause, then run: millrace backfill spend --mode failed --from 2026-01-01 --to 2026-01-03',
    );
  });

  test('needs no fix if everything waits for the source', () => {
    expect(textOf(heldSentence(held({ heldCauses: [AWAY], outages: [OUTAGE] })))).toBe(
      'spend: 2 units are held: SOURCE_UNAVAILABLE 2; they will be read when source shop responds (2 probes in the last 24 hours, next probe at 2026-01-05 10:04 UTC); to try now: millrace retry --failed --source shop',
    );
  });

  test('has a clause for each source, and needs no fix if everything waits for one of them', () => {
    const outages = ['lake', 'shop'].map((source) => ({ ...OUTAGE, source, ms: DAY_MS }));
    expect(textOf(heldSentence(held({ heldCauses: [AWAY], outages })))).toBe(
      'spend: 2 units are held: SOURCE_UNAVAILABLE 2; 1 of them will be read when source lake responds (2 probes in the last 24 hours, next probe at 2026-01-05 10:04 UTC); to try now: millrace retry --failed --source lake; 1 of them will be read when source shop responds (2 probes in the last 24 hours, next probe at 2026-01-05 10:04 UTC); to try now: millrace retry --failed --source shop',
    );
  });

  test('separates what waits for the source from what waits for an operator', () => {
    const outage = { ...OUTAGE, ms: DAY_MS, probes: 0, nextProbeAt: null };
    const sentence = textOf(heldSentence(held({ heldCauses: [AWAY], outages: [outage] })));
    expect(sentence).toContain(
      '; 1 of them will be read when source shop responds (not probed yet, next probe soon); ',
    );
    expect(sentence).toContain('; fix the cause, then run: millrace backfill spend --mode failed');
  });
});

describe('causesText', () => {
  test('names the largest causes', () => {
    const causes = Array.from({ length: 9 }, (_, run) => ({ code: `CODE_${run}`, ms: 1_000, run }));
    expect(causesText(causes, 1_000)).toBe(
      'CODE_0 1, CODE_1 1, CODE_2 1, CODE_3 1, CODE_4 1, CODE_5 1 and 3 more causes',
    );
  });
});
