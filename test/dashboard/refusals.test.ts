import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { LogFacts } from '../../src/core/log.ts';
import { silentLog } from '../../src/core/log.ts';
import { openRefusals } from '../../src/dashboard/access/refusals.ts';

describe('openRefusals', () => {
  test('writes twenty lines a minute, and then the number of the others', () => {
    let nowMs = 0;
    const lines: LogFacts[] = [];
    const log = { ...silentLog, warn: (_event: string, facts: LogFacts = {}) => void lines.push(facts) };
    const refuse = openRefusals(log, { ...systemClock, monotonicMs: () => nowMs });
    const refusal = { address: '10.0.0.1', status: 429 };
    for (let count = 0; count < 1_000; count += 1) refuse(refusal);
    expect(lines).toEqual(Array(20).fill(refusal));
    nowMs = 60_000;
    refuse(refusal);
    refuse(refusal);
    expect(lines.slice(20)).toEqual([{ ...refusal, suppressed: 980 }, refusal]);
  });
});
