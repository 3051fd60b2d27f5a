// Refused rows by reason and field, and one by one.

import { describe, expect, test } from 'vitest';
import { openCommandWorld, SPEND } from '../world.ts';

const MIXED = SPEND.replace(
  'type: float',
  'features: [{ name: amount, type: float }, { name: lines, type: int }]\nrefused_max: 100%',
).replace('select entity_id, value, {{end}}', `select entity_id, amount, lines, {{end}}`);

describe('quarantine', () => {
  test('groups rows by reason and field, with an example', async () => {
    const world = await openCommandWorld({ 'features/spend.yaml': MIXED });
    await world.database.run('drop table spend');
    await world.database.run('create table spend (entity_id text, amount float8, lines int)');
    await world.database.run(
      `insert into spend values ('ada', 1, 1), ('bob', 'NaN', 1), ('cyd', 'Infinity', 1), ('dan', 1, null)`,
    );
    await world.millrace('run spend --here');
    const { stdout } = await world.millrace('quarantine spend');
    expect(stdout.split('\n').map((line) => line.replaceAll(/\s{2,}/g, ' | ').trim())).toEqual([
      'REASON | FIELD | ROWS | RUNS | NEWEST RUN | EXAMPLE',
      'value_not_finite | amount | 4 | 2 | 2 | amount is "Infinity", not a finite number',
      'value_null | lines | 2 | 2 | 2 | lines is null, not an int',
      '',
      '6 rows in quarantine. To list them: millrace quarantine spend --rows',
      '',
    ]);
    expect((await world.millrace('quarantine spend --rows --run 1')).stderr).toBe('');
    expect((await world.millrace('quarantine spend --rows --run 1')).stdout.trim().split('\n')).toHaveLength(4);
    const { groups, rows } = JSON.parse((await world.millrace('quarantine spend --json --run 1')).stdout);
    expect(groups[0]).toEqual({
      reason: 'value_not_finite',
      field: 'amount',
      rows: 2,
      runs: 1,
      run: 1,
      examples: ['amount is "Infinity", not a finite number', 'amount is "NaN", not a finite number'],
    });
    expect(rows).toHaveLength(3);
  });

  test('shows no example of a redacted view', async () => {
    const world = await openCommandWorld({ 'features/spend.yaml': `${MIXED}redacted: true\n` });
    await world.database.run('drop table spend');
    await world.database.run('create table spend (entity_id text, amount float8, lines int)');
    await world.database.run(`insert into spend values ('ada', 1, 1), ('bob', 'NaN', 1)`);
    await world.millrace('run spend --here');
    expect((await world.millrace('quarantine spend')).stdout).toMatch(/value_not_finite +amount +2 +2 +2 +–/);
  });

  test('accepts ids of more than seven digits', async () => {
    const world = await openCommandWorld();
    await world.database.run('alter table millrace.run alter column id restart with 10000001');
    await world.millrace('run spend --here');
    expect(await world.millrace('quarantine spend --run 10000001')).toMatchObject({ code: 0, stderr: '' });
    expect(await world.millrace('audit --before 100000000000000')).toMatchObject({ code: 0, stderr: '' });
    expect((await world.millrace('quarantine spend --run x')).stderr).toContain('expected a number, such as 17');
  });
});
