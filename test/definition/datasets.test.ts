import { describe, expect, test } from 'vitest';
import { checkDefinitions } from '../../src/definition/load.ts';
import { NOW, problemsOf, projectFolder, SHOP, viewText } from './project-folder.ts';

const CHURN = `name: churn
labels:
  source: shop
  query: select customer_id as entity_id, left_at as timestamp, churned from churn where left_at >= {{start}} and left_at < {{end}}
start: 2026-09-01
end: 2026-11-01
views:
  - customer_spend_30d
  - { view: customer_spend_30d, features: [customer_spend_30d], as: spend, age_max: 7d, entity_id: payer }
delay: 10m
require_coverage: false
partition: month
split: { by: entity, train: 80%, validation: 10%, test: 10% }
`;

const churn = (from: string | RegExp, to: string) => problemsOf({ 'datasets/churn.yaml': CHURN.replace(from, to) });

const LOGINS = viewText({
  name: 'user_activity',
  interval: '1h',
  type: null,
  query: null,
  from: '{ table: logins, entity_id: user_id, timestamp: at }',
  features: '[{ name: logins, type: int, aggregate: count, window: [1h, 24h] }]',
});

describe('checkDefinitions', () => {
  test('reads training sets, with every default filled in', async () => {
    using project = projectFolder({ ...SHOP, 'datasets/churn.yaml': CHURN });
    const { definitions, problems } = await checkDefinitions(project.folder, NOW);
    expect(problems).toEqual([]);
    expect(definitions?.files['dataset:churn']).toBe('datasets/churn.yaml');
    const [{ labels, ...dataset } = { labels: null }] = definitions?.datasets ?? [];
    expect(labels).toMatchObject({ kind: 'query', source: 'shop' });
    expect(dataset).toEqual({
      name: 'churn',
      description: '',
      start: Date.UTC(2026, 8, 1),
      end: Date.UTC(2026, 10, 1),
      views: [
        {
          view: 'customer_spend_30d',
          as: 'customer_spend_30d',
          features: null,
          ageMaxMs: null,
          entityColumn: 'entity_id',
        },
        {
          view: 'customer_spend_30d',
          as: 'spend',
          features: ['customer_spend_30d'],
          ageMaxMs: 7 * 86_400_000,
          entityColumn: 'payer',
        },
      ],
      delayMs: 600_000,
      coverage: 'null',
      format: 'parquet',
      partition: 'month',
      split: {
        by: 'entity',
        parts: [
          { name: 'train', share: 0.8 },
          { name: 'validation', share: 0.1 },
          { name: 'test', share: 0.1 },
        ],
      },
    });
  });

  test.each([
    [
      'a view that does not exist',
      '- customer_spend_30d',
      '- customer_spend_30',
      "`views[0]`: there is no view 'customer_spend_30'",
    ],
    ['a feature that does not exist', '[customer_spend_30d]', '[spent]', "has no feature 'spent'"],
    ['two views of one name', 'as: spend, ', '', "the columns of views[0] also start with 'customer_spend_30d'"],
    ['a misspelt key of a view', 'age_max', 'max_age', 'unknown key `max_age` in `views[1]`'],
    ['a source that does not exist', 'source: shop', 'source: shops', "'shops' is not under `sources`"],
    ['no source while none is called default', '  source: shop\n', '', '`labels.source` is missing; expected one of'],
    ['a query without its time', 'left_at >= {{start}} and ', '', 'expected {{start}} and {{end}}'],
    ['an end before the start', 'end: 2026-11-01', 'end: 2026-08-01', 'expected a time after start (2026-09-01)'],
    ['a day that is not in the calendar', 'end: 2026-11-01', 'end: 2026-11-31', 'is not a valid date'],
    ['shares that do not add up to 100%', 'train: 80%', 'train: 70%', 'expected shares that add up to 100%, found 90%'],
    ['labels of two forms', 'source: shop', 'every: 1d', '`labels.query`: cannot be combined with `every`'],
    ['labels of no form', /source: shop\n.*/, 'types: {}', '`labels`: expected `query` or `files`'],
    ['files with dates in their names', /query: .*/, 'files: "{yyyy}.csv"', 'reads all its files together'],
  ])('refuses %s', async (_what, from, to, message) => {
    expect((await churn(from, to)).join('\n')).toContain(message);
  });

  test('knows a feature of several windows by the name of each window', async () => {
    const checked = (feature: string) =>
      problemsOf({
        'features/logins.yaml': LOGINS,
        'datasets/churn.yaml': CHURN.replace(
          '  - customer_spend_30d\n',
          `  - { view: user_activity, features: [${feature}] }\n`,
        ),
      });
    expect(await checked('logins_24h')).toEqual([]);
    expect((await checked('logins')).join('\n')).toContain("view 'user_activity' has no feature 'logins'");
  });

  test('takes labels of files and of steps', async () => {
    expect(await churn(/query: .*/, 'files: labels/*.parquet')).toEqual([]);
    expect(await churn(/source: shop\n.*/, 'every: 1d\n  entities: customer_spend_30d')).toEqual([]);
  });
});
