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
      stderr:
        'No job schedules paused_only, unnamed. Add them to a file in jobs/, or run them with: millrace run VIEW\n',
    });
    expect(JSON.parse((await performMillrace(folder, 'validate --json')).stdout)).toEqual({
      valid: true,
      views: 4,
      jobs: 2,
      unscheduled: ['paused_only', 'unnamed'],
      problems: [],
      warnings: [],
    });
  });

  const LAKE = SPEND.replace('source: shop', 'source: lake\nfiles: a/{yyyy}-{MM}-{dd}.csv');
  const WRONG = {
    'features/spend.yaml': SPEND.replace('query: select', 'query: |\n  selct'),
    'features/lake.yaml': LAKE.replace('name: spend', 'name: lake').replace('from spend', 'from file'),
  };

  test('refuses wrong SQL at its line and column', async () => {
    const config = CONFIG.replace(/shop: \{ url: ("[^"]*")/, 'shop: { url: $1, dialect: postgres');
    const folder = await projectFolder({ ...FILES, ...WRONG, 'millrace.yaml': config });
    expect(await performMillrace(folder, 'validate')).toEqual({
      code: 3,
      stdout: '',
      stderr: [
        'features/lake.yaml:10:59: `query`: the table file does not exist; the table is `files`',
        'features/spend.yaml:10:3: `query`: unknown statement `selct`; did you mean `select`?',
        '',
      ].join('\n'),
    });
  });

  test('names a write also in a query without placeholders', async () => {
    const query = 'query: insert into spend values (1) returning entity_id, value, now() as timestamp';
    const folder = await projectFolder({ ...FILES, 'features/spend.yaml': SPEND.replace(/query: .*/, query) });
    const { stderr } = await performMillrace(folder, 'validate');
    expect(stderr).toContain('features/spend.yaml:9:8: `query`: `insert` is not a query; expected one SELECT');
    expect(stderr).toContain('a snapshot needs {{end}}');
  });

  test('warns of a query that a repeated run answers otherwise', async () => {
    const query = 'query: select entity_id, value, {{end}} as timestamp from spend limit 5';
    const folder = await projectFolder({ ...FILES, 'features/spend.yaml': SPEND.replace(/query: .*/, query) });
    const { code, stderr } = await performMillrace(folder, 'validate');
    expect({ code, first: stderr.split('\n')[0] }).toEqual({
      code: 0,
      first:
        'warning: features/spend.yaml:9:65: `query`: `limit` without `order by` can return different rows each time; add an `order by`',
    });
  });
});
