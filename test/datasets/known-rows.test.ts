import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { knownAt } from '../../src/datasets/known-rows.ts';
import { type EntityAt, epochMicrosOf, openReader, type Reader } from '../../src/index.ts';
import { openTestDatabase } from '../support/database.ts';
import { RUNS_ALL } from '../support/sample.ts';
import { freshRedis, migratedDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { openWorld } from '../support/world.ts';
import { storeViews } from './dataset-world.ts';
import { answerOf, worldOf } from './oracle.ts';
import { CHURN, storeShop } from './small-set.ts';

const WORLDS = RUNS_ALL ? 20 : 5;

describe('knownAt', () => {
  test(`finds what an independent oracle finds in ${WORLDS} worlds without holes`, async () => {
    await using world = await openWorld();
    for (let seed = 1; seed <= WORLDS; seed += 1) {
      const { dataset, views, labels } = worldOf(seed);
      const covered = views.map((one) => {
        const [units, none] = [new Set<number>(), new Set<number>()];
        for (let unit: number = one.view.start; unit < dataset.end + 86_400_000; unit += one.view.unitMs)
          units.add(unit);
        return { ...one, covered: units, skipped: none, stale: none, held: none };
      });
      await storeViews(world, covered);
      const asked = labels.map(({ entity, other, micros }) => ({
        entityIds: { entity_id: entity, other_id: other },
        at: epochMicrosOf(micros),
      }));
      const found = await knownAt(world.app.database, dataset, asked);
      for (const [place, label] of labels.entries()) {
        const times = covered.map(({ asked: { as } }) => found[place]?.rows[as]?.eventTime ?? null);
        expect(times, `seed ${seed}, label ${place}`).toEqual(
          covered.map((one) => answerOf(one, dataset, label).micros),
        );
      }
    }
  });

  const labels = [{ entityIds: { entity_id: 'c7' }, at: epochMicrosOf(Date.UTC(2026, 0, 4, 12) * 1_000) }];

  test('finds nothing in no views', async () => {
    await using world = await openWorld();
    const found = await knownAt(world.app.database, { ...CHURN, views: [] }, labels);
    expect(found).toEqual([{ rows: {}, inHoles: [] }]);
  });

  test('waits for an edit that rewrites a table, which an older snapshot would find empty', async () => {
    await using world = await openWorld();
    await storeShop(world);
    const { database } = world.app;
    await using editing = await database.reserve();
    await editing.session.run('begin; alter table features.spend alter column amount type numeric');
    const reading = knownAt(database, CHURN, labels);
    await until(async () => (await world.sql('select from pg_locks where not granted')).length > 0);
    await editing.session.run('commit');
    const [found] = await reading;
    expect(found?.rows['spend']?.values).toEqual({ amount: 3, note: 'note 7' });
  });
});

describe('openReader', () => {
  test('streams a training set, and rows of several views, with an account that only reads', async () => {
    const database = await migratedDatabase();
    await using world = await openWorld({ database });
    await storeShop(world);
    await using owner = openTestDatabase(database);
    await owner.run(
      `insert into features.spend select '\ufffd', event_timestamp, amount, note, 1 from features.spend where entity_id = 'c7'`,
    );
    const role = `reader_${randomUUID().slice(0, 8)}`;
    await owner.run(`create role ${role} login password 'reading'`);
    try {
      await owner.run(`revoke temporary on database ${new URL(database).pathname.slice(1)} from public`);
      await owner.run(`grant usage on schema millrace, features to ${role}`);
      await owner.run(`grant select on millrace.view, millrace.coverage to ${role}`);
      await owner.run(`grant select on features.spend to ${role}`);
      const offlineUrl = new URL(database);
      [offlineUrl.username, offlineUrl.password] = [role, 'reading'];
      await using reader = openReader({ offlineUrl: offlineUrl.href, onlineUrl: await freshRedis('online') });
      await streams(reader);
    } finally {
      await owner.run(`drop owned by ${role}`);
      await owner.run(`drop role ${role}`);
    }
  });
});

async function streams(reader: Reader): Promise<void> {
  let asked = 0;
  async function* labels(): AsyncGenerator<EntityAt & { readonly id: number }> {
    for (let id = 0; id < 5_000; id += 1) {
      asked += 1;
      yield { id, entityId: `c${1 + (id % 60)}`, at: new Date('2026-01-04T12:00:00Z') };
    }
  }
  const rows: unknown[] = [];
  for await (const { label, rows: known } of reader.trainingSet({
    views: [{ view: 'spend', as: 'last', features: ['amount'] }],
    labels: labels(),
  })) {
    if (rows.length === 0) expect(asked).toBe(2_000);
    rows.push(label.id === rows.length ? known.last : 'out of order');
  }
  expect(rows.length).toBe(5_000);
  expect(rows[6]).toEqual({ eventTime: Date.UTC(2026, 0, 4) * 1_000, values: { amount: 3 } });
  expect(rows[59]).toBe(null);

  const at = new Date('2026-01-04T12:00:00Z');
  expect(await reader.readAsOf(['spend'], [{ entityId: 'c7', at }])).toEqual([
    { spend: { eventTime: Date.UTC(2026, 0, 4) * 1_000, values: { amount: 3, note: 'note 7' } } },
  ]);
  const streamed = await allOf(
    reader.streamAsOf(
      ['spend'],
      [
        { entityId: 'c7', at },
        { entityId: 'none', at },
      ],
    ),
  );
  expect(streamed.map(({ spend }) => spend?.values)).toEqual([{ amount: 3, note: 'note 7' }, undefined]);

  const found = { eventTime: Date.UTC(2026, 0, 4) * 1_000, values: { amount: 3, note: 'note 7' } };
  const pairs = ['a\0', 'c7', '\ud800', '\ufffd'].map((entityId) => ({ entityId, at }));
  expect(await reader.readAsOf('spend', pairs)).toEqual([null, found, null, found]);
  const trained = await allOf(reader.trainingSet({ views: ['spend'], labels: pairs }));
  expect(trained.map(({ rows: { spend } }) => spend)).toEqual([null, found, null, found]);

  const stopped = AbortSignal.abort(new Error('enough'));
  await expect(reader.readAsOf('spend', [{ entityId: 'c7', at }], { signal: stopped })).rejects.toThrow('enough');
  await expect(allOf(reader.trainingSet({ views: ['spend'], labels: labels(), signal: stopped }))).rejects.toThrow(
    'enough',
  );
  const stopping = new AbortController();
  const taken: unknown[] = [];
  const rest = async () => {
    for await (const row of reader.trainingSet({ views: ['spend'], labels: labels(), signal: stopping.signal })) {
      if (taken.push(row) === 3) stopping.abort(new Error('enough'));
    }
  };
  await expect(rest()).rejects.toThrow('enough');
  expect(taken.length).toBe(3);
  for (const [options, message] of [
    [
      { views: [{ view: 'spend', age_max: '7d' }], labels: [] },
      'views[0] has the unknown option "age_max"; expected view, features, as, ageMax or entityId',
    ],
    [
      { views: ['spend'], labels: [], require_coverage: false },
      'The argument of trainingSet has the unknown option "require_coverage"',
    ],
    [{ views: ['spend'], labels: [], coverage: false }, 'coverage is false; expected "required" or "null"'],
    [{ views: 'spend', labels: [] }, 'views is a string; expected an array of view names'],
    [
      { views: [{ view: 'spend', features: 'amount' }], labels: [] },
      'views[0].features is a string; expected an array',
    ],
    [{ views: ['spend'] }, 'labels is undefined; expected an iterable'],
    [{ views: ['spend'], labels: [{ entityId: 'c7', at: '2026' }] }, 'labels[0].at is a string; expected a Date'],
    [{ views: ['spend'], labels: [{ entityId: 'c7', at }], delay: 'soon' }, 'delay is "soon"; expected a duration'],
    [
      { views: [{ view: 'spend', entityId: 'payer' }], labels: [{ entityId: 'c7', at }] },
      'labels[0].payer is undefined; expected a string',
    ],
    [
      { views: ['spend', { view: 'spend', ageMax: '7d' }], labels: [{ entityId: 'c7', at }] },
      'views[0] and views[1] are both called "spend": set `as` for one of them',
    ],
    [
      { views: [{ view: 'spend', features: ['sum'] }], labels: [{ entityId: 'c7', at }] },
      'uses the feature "sum" of spend',
    ],
    [
      {
        views: ['spend'],
        labels: [
          { entityId: 'c7', at: new Date('2026-01-20T12:00:00Z') },
          { entityId: 'c7', at: new Date('2025-12-20') },
        ],
      },
      null,
    ],
  ] as const) {
    // As a program in JavaScript calls it.
    const all = allOf(reader.trainingSet(options as never));
    if (message === null) expect((await all).length).toBe(2);
    else await expect(all).rejects.toThrow(message);
  }
  const late = { entityId: 'c7', at: new Date('2026-02-20') };
  expect((await allOf(reader.trainingSet({ views: ['spend'], labels: [late] })))[0]?.rows.spend?.eventTime).toBe(
    Date.UTC(2026, 0, 21) * 1_000,
  );
}

async function allOf<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
