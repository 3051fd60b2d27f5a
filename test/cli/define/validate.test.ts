// The output of `millrace validate` for valid definitions.

import { describe, expect, test } from 'vitest';
import { CONFIG, NIGHTLY, performMillrace, projectFolder, SPEND } from '../world.ts';

const named = (name: string) => SPEND.replace('name: spend', `name: ${name}`);

const FILES = {
  'millrace.yaml': CONFIG,
  'features/spend.yaml': SPEND,
  'features/paused_only.yaml': named('paused_only'),
  'features/tagged.yaml': `${named('tagged')}tags: [money]\n`,
  'features/unnamed.yaml': named('unnamed'),
  'jobs/nightly.yaml': NIGHTLY.replace('[spend]', '[spend, "tag:money"]'),
  'jobs/paused.yaml': 'name: paused\ncron: "0 4 * * *"\nviews: [paused_only]\npaused: true\n',
};

describe('validate', () => {
  test('names the views that no job schedules, or only a paused one', async () => {
    const folder = await projectFolder(FILES);
    expect(await performMillrace(folder, 'validate')).toEqual({
      code: 0,
      stdout: 'valid  shop: 4 views, 2 jobs, 2 sources\n',
      stderr: 'No job schedules paused_only, unnamed. Run them with: millrace run VIEW\n',
    });
    expect(JSON.parse((await performMillrace(folder, 'validate --json')).stdout)).toEqual({
      valid: true,
      views: 4,
      jobs: 2,
      unscheduled: ['paused_only', 'unnamed'],
      problems: [],
    });
  });
});
