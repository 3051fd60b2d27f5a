// What a failed run of a redacted view leaves behind: its code, and our own text.

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { FAILURES, Failure, type FailureCode } from '../../src/core/failure.ts';
import { safe, text } from '../../src/core/message.ts';
import { answerOf } from '../../src/queue/delivery/translate.ts';
import { sampleOf } from '../support/sample.ts';
import { view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

const SECRET = 'ada@example.org';
// A run that was reclaimed writes nothing.
const CODES = (Object.keys(FAILURES) as FailureCode[]).filter((code) => code !== 'LEASE_LOST'); // of the object itself

/** A run of a redacted view whose source throws this: its outcome, its job, and everything stored about it. */
async function failedWith(thrown: Error): Promise<string> {
  await using world = await openWorld({
    changeStages: (stages) =>
      stages.map((stage) =>
        stage.name !== 'check'
          ? stage
          : {
              name: stage.name,
              perform: async () => {
                throw thrown;
              },
            },
      ),
  });
  await world.sql('create table spend (entity_id text, value float8)');
  await world.apply(view({ redacted: true, failuresMax: 1 }));
  const [run = 0] = await world.plan('spend', { attempts: 1 });
  const outcome = await world.perform(run);
  const answer = await answerOf(outcome, async () => undefined).catch((error: unknown) => error);
  const stored = await world.sql(
    `select (select jsonb_agg(to_jsonb(r)) from millrace.run r) as runs, (select jsonb_agg(to_jsonb(e)) from millrace.event e) as events,
            (select jsonb_agg(to_jsonb(v)) from millrace.view v) as views`,
  );
  return inspect([outcome, answer, stored], { depth: null, maxStringLength: null, breakLength: Infinity });
}

describe('a failed run of a redacted view', () => {
  test.each(sampleOf(CODES, (code) => ['BUG', 'SOURCE_QUERY', 'FILE_BROKEN'].includes(code)))(
    'leaves no value behind: %s',
    async (code) => {
      const cause = new Error(SECRET);
      const said = await failedWith(new Failure(code, text`Of ${safe(213)} rows one is ${SECRET}.`, {}, cause));
      expect(said).not.toContain(SECRET);
      expect(said).toContain('Of 213 rows one is [redacted].');
      expect(said).toContain(code);
    },
  );

  test.each([
    ['a message that is plain text', new Failure('SOURCE_QUERY', `It is ${SECRET}.`)],
    ['a defect', new TypeError(`${SECRET} is not a function`)],
  ])('leaves no value behind: %s', async (_, thrown) => {
    expect(await failedWith(thrown)).not.toContain(SECRET);
  });
});
