import { describe, expect, test } from 'vitest';
import { checkDefinitions } from '../../src/definition/load.ts';
import { NOW, problemsOf, projectFolder, SHOP, viewText } from './project-folder.ts';

const CHECKOUT = `name: checkout
features:
  - customer_spend_30d
  - { feature: customer_spend_30d:customer_spend_30d, default: 0, age_max: 3d }
`;

const checkout = (from: string, to: string) => problemsOf({ 'services/checkout.yaml': CHECKOUT.replace(from, to) });

const LOGINS = viewText({
  name: 'user_activity',
  interval: '1h',
  type: null,
  query: null,
  from: '{ table: logins, entity_id: user_id, timestamp: at }',
  features: '[{ name: logins, type: int, aggregate: count, window: [1h, 24h] }]',
});

describe('checkDefinitions', () => {
  test('reads feature services', async () => {
    using project = projectFolder({ ...SHOP, 'services/checkout.yaml': CHECKOUT });
    const { definitions, problems } = await checkDefinitions(project.folder, NOW);
    expect(problems).toEqual([]);
    expect(definitions?.services).toEqual([
      {
        name: 'checkout',
        description: '',
        features: [
          { feature: 'customer_spend_30d', ageMaxMs: null },
          { feature: 'customer_spend_30d:customer_spend_30d', default: 0, ageMaxMs: 3 * 86_400_000 },
        ],
      },
    ]);
  });

  test.each([
    ['- customer_spend_30d\n', '- customer_spend\n', "`features[0]`: there is no view 'customer_spend'"],
    [
      ':customer_spend_30d',
      ':spend_30d',
      "`features[1].feature`: the view 'customer_spend_30d' has no feature 'spend_30d'",
    ],
    [':customer_spend_30d', '', "`features[1].feature`: duplicate 'customer_spend_30d'"],
    [
      'default: 0',
      'default: none',
      "`features[1].default`: expected a value of type decimal, the type of 'customer_spend_30d'",
    ],
    ['age_max: 3d', 'max_age: 3d', 'unknown key `max_age` in `features[1]`'],
  ])('reports %s changed to %s', async (from, to, words) => {
    expect((await checkout(from, to)).join('\n')).toContain(words);
  });

  test('knows a feature of several windows by the name of each window', async () => {
    const checked = (feature: string) =>
      problemsOf({
        'features/logins.yaml': LOGINS,
        'services/logins.yaml': `name: logins\nfeatures: ["user_activity:${feature}"]\n`,
      });
    expect(await checked('logins_24h')).toEqual([]);
    expect((await checked('logins')).join('\n')).toContain("the view 'user_activity' has no feature 'logins'");
  });
});
