// Views and training sets that name no source read the one called `default`.

import { expect, test } from 'vitest';
import { checkDefinitions } from '../../src/definition/load.ts';
import { NOW, problemsOf, projectFolder, SHOP } from './project-folder.ts';

const withoutSource = (text = '') => text.replace(/^( *)source: shop.*\n/m, '');
const SPEND = withoutSource(SHOP['features/spend.yaml']);
const CONFIG = SHOP['millrace.yaml']?.replace('shop:', 'default:') ?? '';
const CHURN = `name: churn
labels:
  query: select customer_id as entity_id, left_at as timestamp from churn where left_at >= {{start}} and left_at < {{end}}
start: 2026-09-01
end: 2026-11-01
views: [customer_spend_30d]
`;

test('a view and a training set without a source read the source named default', async () => {
  const files = { 'millrace.yaml': CONFIG, 'features/spend.yaml': SPEND, 'datasets/churn.yaml': CHURN };
  using project = projectFolder({ ...SHOP, ...files });
  const { definitions, problems } = await checkDefinitions(project.folder, NOW);
  expect(problems).toEqual([]);
  expect(definitions?.views.map(({ source }) => source)).toContain('default');
  expect(definitions?.datasets[0]?.labels).toMatchObject({ source: 'default' });
});

test('without a source named default, the names to choose from are listed', async () => {
  expect(await problemsOf({ 'features/spend.yaml': SPEND, 'datasets/churn.yaml': CHURN })).toEqual([
    expect.stringMatching(
      /^datasets\/churn.yaml:2:1: `labels.source` is missing; expected one of .*shop.*named `default`/,
    ),
    expect.stringMatching(/^features\/spend.yaml:1:1: `source` is missing; expected one of .*shop.*named `default`/),
  ]);
});
