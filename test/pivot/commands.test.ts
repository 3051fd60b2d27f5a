// Commands for a view with `pivot`.

import { beforeAll, expect, test } from 'vitest';
import { CONFIG, type CommandWorld, openCommandWorld } from '../cli/world.ts';
import { slowTest } from '../support/sample.ts';

const QUERY = 'select user_id as entity_id, {{end}} as timestamp, feature_name, feature_value from user_features';
const TRAITS = `name: traits
entity: user
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-02
refused_max: 100%
features:
  - { name: city, type: string, nullable: true }
  - { name: clicks, type: int, nullable: true }
pivot: { name: feature_name, value: feature_value }
query: |
  ${QUERY}
`;

const TEST = `view: traits
span: [2026-01-01, 2026-01-02]
given:
  user_features:
    - { user_id: ann, feature_name: city, feature_value: Hel }
    - { user_id: ann, feature_name: clicks, feature_value: "7" }
    - { user_id: bob, feature_name: city, feature_value: Hel }
    - { user_id: bob, feature_name: city, feature_value: Hel }
expect:
  rows:
    - { entity_id: ann, timestamp: 2026-01-02, city: Hel, clicks: 7 }
  refused:
    - { entity_id: bob, reason: value_repeated }
`;

const NIGHTLY = 'name: nightly\ncron: "0 2 * * *"\nviews: [traits]\n';
const WITH_DIALECT = CONFIG.replace('URL}" }\n  lake', 'URL}", dialect: postgres }\n  lake');

let world: CommandWorld;

beforeAll(async () => {
  world = await openCommandWorld({
    'millrace.yaml': WITH_DIALECT,
    'features/spend.yaml': TRAITS,
    'jobs/nightly.yaml': NIGHTLY,
    'tests/traits.yaml': TEST,
  });
  await world.database.run('create table user_features (user_id text, feature_name text, feature_value text)');
  await world.database.run(
    "insert into user_features values ('ann', 'city', 'Hel'), ('ann', 'clicks', '7'), ('bob', 'city', 'Hel'), ('bob', 'city', 'Sopot')",
  );
});

const written = async (text: string) => {
  await world.write({ 'features/spend.yaml': text });
  return world;
};

test('plan --sql prints the compiled SQL', async () => {
  const { stdout } = await (await written(TRAITS)).millrace('plan --sql');

  expect(stdout).toBe(`-- traits (postgres)
with millrace_rows as (${QUERY}
)
select
  t."entity_id" as "entity_id",
  t."timestamp" as "timestamp",
  max(t."feature_value"::text collate "C") filter (where t."feature_name"::text = 'city') as "city",
  max(t."feature_value"::text collate "C") filter (where t."feature_name"::text = 'clicks') as "clicks",
  case when count(1) filter (where t."feature_name"::text = 'city') > 1 then 'city' when count(1) filter (where t."feature_name"::text = 'clicks') > 1 then 'clicks' end as "_repeated"
from millrace_rows as t
where t."feature_name"::text in ('city', 'clicks')
group by t."entity_id", t."timestamp"

`);
});

test.each([
  [
    'pivot: { name: feature_name, value: feature_value }',
    'pivot: { name: feature_name }',
    'features/spend.yaml:12:8: `pivot.value` is missing; expected the name of a column',
  ],
  [
    'pivot: { name: feature_name',
    'pivot: { name: timestamp',
    'features/spend.yaml:12:16: `pivot.name`: the column timestamp is reserved',
  ],
  [
    'feature_value from',
    'feature_value as value from',
    'features/spend.yaml:14:3: `query`: the column feature_value is missing; found entity_id, timestamp, feature_name, value; expected entity_id, timestamp, feature_name, feature_value',
  ],
  [
    'feature_value from',
    'feature_value, 1 as tie_break from',
    'features/spend.yaml:14:83: `query`: the column "tie_break" is unexpected',
  ],
])('validate places a mistake: %s → %s', async (from, to, message) => {
  const { code, stderr } = await (await written(TRAITS.replace(from, to))).millrace('validate');

  expect([code, stderr]).toEqual([3, expect.stringContaining(message)]);
});

test('validate --connect places what only the source knows', async () => {
  const wrong = TRAITS.replace('from user_features', '\n   from user_feature');
  const { stderr } = await (await written(wrong)).millrace('validate --connect');

  expect(stderr).toMatch(/^features\/spend\.yaml:15:9: SOURCE_QUERY: .*Did you mean `user_features`\?$/m);
});

test('validate --connect accepts a view with pivot', async () => {
  expect((await (await written(TRAITS)).millrace('validate --connect')).code).toBe(0);
});

slowTest('test runs its query over given rows', async () => {
  const { code, stdout } = await (await written(TRAITS)).millrace('test');
  expect([code, stdout]).toEqual([0, expect.stringContaining('1 test passed')]);
});

test('preview shows its rows and what it refuses', async () => {
  const { stdout } = await (await written(TRAITS)).millrace('preview traits --json');
  const { runs } = JSON.parse(stdout);

  expect(JSON.stringify(runs)).toContain('value_repeated');
  expect(JSON.stringify(runs)).toContain('Hel');
});

test('a run stores its rows and keeps the others in quarantine', async () => {
  await (await written(TRAITS)).millrace('run traits --here');

  expect(await world.database.query('select entity_id, city, clicks from features.traits')).toEqual([
    { entity_id: 'ann', city: 'Hel', clicks: 7 },
  ]);
  expect((await world.millrace('quarantine traits')).stdout).toContain('value_repeated');
});
