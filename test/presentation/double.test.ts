// The suite passes with src/presentation replaced by a double: this says whether it is.

import { expect, test } from 'vitest';
import { textOf } from '../../src/core/message.ts';
import { waitText } from '../../src/presentation/runs/waits.ts';
import { isDuplicate } from '../support/presentation-double.ts';

test('presentation is its double where that is asked for, and itself elsewhere', () => {
  const said = textOf(waitText({ kind: 'overlap', facts: {} }, null));
  expect(said).toBe(isDuplicate ? '[waitText]' : 'another run of the view holds its span');
});
