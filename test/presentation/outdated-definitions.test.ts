import { describe, expect, test } from 'vitest';
import { type EpochMs, epochMsOf } from '../../src/core/instant.ts';
import { textOf } from '../../src/core/message.ts';
import { outdatedSentence } from '../../src/presentation/outdated-definitions.ts';

const AT: EpochMs = epochMsOf(Date.UTC(2026, 0, 5, 12));

describe('outdatedSentence', () => {
  test.each([
    [1, 'the definitions of generation 1'],
    [null, 'definitions that were never deployed'],
  ])('names the deployed generation and how to go back, for generation %s', (generation, own) => {
    const newest = {
      generation: 2,
      fingerprint: 'f',
      at: AT,
      complete: true,
      program: '1.0.0',
      by: 'host.1.x',
      jobs: [],
    };
    expect(textOf(outdatedSentence({ kind: 'outdated', generation, newest }))).toBe(
      `This process has ${own}, but generation 2 was deployed at 2026-01-05T12:00:00Z. It schedules the jobs of generation 2, and does not deploy its own definitions. To deploy them anyway, run "millrace apply" in this project.`,
    );
  });
});
