// The suite also passes with src/presentation replaced by a double; this checks the replacement.

import { expect, test } from 'vitest';
import { textOf } from '../../src/core/message.ts';
import { waitText } from '../../src/presentation/runs/waits.ts';
import { usesDouble } from '../support/presentation-double.ts';

test('presentation is replaced by its double only on request', () => {
  const said = textOf(waitText({ kind: 'overlap', facts: {} }, null));
  expect(said).toBe(usesDouble ? '[waitText]' : 'another run of the view is processing the same interval');
});
