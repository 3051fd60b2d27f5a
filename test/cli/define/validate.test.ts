// What `millrace validate` says of definitions that are sound.

import { describe, expect, test } from 'vitest';
import { CONFIG, NIGHTLY, performMillrace, projectFolder, SPEND } from '../world.ts';

const named = (name: string) => SPEND.replace('name: spend', `name: ${name}`);

const FILES = {
  'millrace.yaml': CONFIG,
  'features/spend.yaml': SPEND,
  'features/resting.yaml': named('resting'),
  'features/tagged.yaml': `${named('tagged')}tags: [money]\n`,
  'features/unnamed.yaml': named('unnamed'),
  'jobs/nightly.yaml': NIGHTLY.replace('[spend]', '[spend, "tag:money"]'),
  'jobs/paused.yaml': 'name: paused\ncron: "0 4 * * *"\nviews: [resting]\npaused: true\n',
};

describe('validate', () => {
  test('names the views that no job looks at, or only a paused one', async () => {
    const folder = await projectFolder(FILES);
    expect(await performMillrace(folder, 'validate')).toEqual({
      code: 0,
      stdout: 'valid  shop: 4 views, 2 jobs, 2 sources\n',
      stderr: 'No job looks at: resting, unnamed; they run only when you say so, with: millrace run VIEW\n',
    });
    expect(JSON.parse((await performMillrace(folder, 'validate --json')).stdout)).toEqual({
      valid: true,
      views: 4,
      jobs: 2,
      unscheduled: ['resting', 'unnamed'],
      problems: [],
    });
  });
});
