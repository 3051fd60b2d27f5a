// Waiting pushes of a view that is edited.

import { describe, expect, test } from 'vitest';
import type { Feature } from '../../src/definition/view.ts';
import { planDrain } from '../../src/state/inbox/plan-drain.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { feature, fingerprinted } from '../support/views.ts';
import { pushed, T } from './pushed-views.ts';
import { type ApiWorld, openApiWorld } from './world.ts';

describe('an edit', () => {
  test('that adds a feature keeps the values of waiting rows', async () => {
    await using other = await openApiWorld();
    const send = (row: object) =>
      other.ask('/api/v1/views/risk/rows', { token: 'pusher', body: { rows: [{ timestamp: T, ...row }] } });
    await other.apply(pushed({ name: 'risk' }));
    await send({ entity_id: '1', value: 0.5 });
    await drainAll(other, 'risk');
    await send({ entity_id: '1', value: 0.25 });
    await send({ entity_id: '2', value: 0.75 });
    const features = [feature('risk', 'float'), feature('model', 'string', { nullable: true })];
    const edited = fingerprinted(pushed({ name: 'risk', features }));
    await applyEdit(other.app.database, edited, 'forward-only');
    await drainAll(other, 'risk');
    expect(await other.sql('select entity_id, risk::float8 as risk, model from features.risk order by 1')).toEqual([
      { entity_id: '1', risk: '0.25', model: null },
      { entity_id: '2', risk: '0.75', model: null },
    ]);
    expect(await other.sql('select reason from millrace.quarantine')).toEqual([]);
  });

  test('that lists the feature `value` keeps the values of stored and waiting rows', async () => {
    await using other = await openApiWorld();
    const send = (row: object) =>
      other.ask('/api/v1/views/risk/rows', { token: 'pusher', body: { rows: [{ timestamp: T, ...row }] } });
    await other.apply(pushed({ name: 'risk' }));
    await send({ entity_id: '1', value: 0.5 });
    await drainAll(other, 'risk');
    await send({ entity_id: '2', value: 0.75 });
    await other.apply(pushed({ name: 'risk', features: [feature('value', 'float')] }));
    await send({ entity_id: '3', value: 0.25 });
    await drainAll(other, 'risk');
    expect(await other.sql('select entity_id, value from features.risk order by 1')).toEqual([
      { entity_id: '1', value: '0.5' },
      { entity_id: '2', value: '0.75' },
      { entity_id: '3', value: '0.25' },
    ]);
    expect(await other.sql('select reason from millrace.quarantine')).toEqual([]);
  });

  test.each([
    ['visits', feature('visits', 'int', { nullable: true })],
    ['the name of the view', feature('risk', 'float', { nullable: true })],
  ])('that leaves only `value` of several features keeps its stored and waiting values: %s', async (_, more) => {
    await using other = await openApiWorld();
    const send = (row: object) =>
      other.ask('/api/v1/views/risk/rows', { token: 'pusher', body: { rows: [{ timestamp: T, ...row }] } });
    await other.apply(pushed({ name: 'risk', features: [more, feature('value', 'float')] }));
    await send({ entity_id: '1', value: 0.5, [more.name]: 7 });
    await drainAll(other, 'risk');
    await send({ entity_id: '2', value: 0.75, [more.name]: 8 });
    await applyEdit(other.app.database, fingerprinted(pushed({ name: 'risk' })), 'forward-only');
    await drainAll(other, 'risk');
    expect(await other.sql('select entity_id, risk::text as risk from features.risk order by 1')).toEqual([
      { entity_id: '1', risk: '0.5' },
      { entity_id: '2', risk: '0.75' },
    ]);
    expect(await other.sql('select reason from millrace.quarantine')).toEqual([]);
  });

  const RISK = feature('risk', 'float', { nullable: true });
  const VALUE = feature('value', 'float', { nullable: true });
  const PLAIN = { ...RISK, column: 'value' };

  const EDITS = [
    { before: [PLAIN], after: [RISK, VALUE], kept: { risk: null, value: 0.5 } },
    { before: [RISK, VALUE], after: [PLAIN], kept: { risk: 0.5 } },
    { before: [PLAIN], after: [VALUE], kept: { value: 0.5 } },
    { before: [VALUE], after: [PLAIN], kept: { risk: 0.5 } },
    { before: [PLAIN], after: [RISK], kept: { risk: 0.5 } },
    { before: [RISK], after: [PLAIN], kept: { risk: 0.5 } },
    { before: [RISK], after: [VALUE], kept: { value: null } },
    { before: [VALUE], after: [RISK], kept: { risk: null } },
    { before: [RISK], after: [RISK, VALUE], kept: { risk: 0.5, value: null } },
  ].map((edit) => ({ ...edit, from: named(edit.before), to: named(edit.after) }));

  test.each(EDITS)(
    'keeps the values of waiting rows as those of stored ones: from $from to $to',
    async ({ before, after, kept }) => {
      await using other = await openApiWorld();
      const [first] = before;
      const cells = before.length === 1 ? { [first?.column ?? '']: 0.5 } : { risk: 0.25, value: 0.5 };
      const send = (id: string) =>
        other.ask('/api/v1/views/risk/rows', {
          token: 'pusher',
          body: { rows: [{ timestamp: T, entity_id: id, ...cells }] },
        });
      await other.apply(pushed({ name: 'risk', features: before }));
      await send('stored');
      await drainAll(other, 'risk');
      await send('waiting');
      await applyEdit(other.app.database, fingerprinted(pushed({ name: 'risk', features: after })), 'forward-only');
      await drainAll(other, 'risk');
      const columns = after.map(({ name }) => `'${name}', ${name}::float8`).join(', ');
      expect(
        await other.sql(`select entity_id, json_build_object(${columns}) as row from features.risk order by 1`),
      ).toEqual([
        { entity_id: 'stored', row: kept },
        { entity_id: 'waiting', row: kept },
      ]);
    },
  );

  test('finds the values of entries of earlier releases, which do not record columns', async () => {
    await using other = await openApiWorld();
    await other.apply(pushed({ name: 'risk' }));
    const rows = [{ timestamp: T, entity_id: '1', value: 0.5 }];
    await other.ask('/api/v1/views/risk/rows', { token: 'pusher', body: { rows } });
    await other.sql('update millrace.inbox set cell_columns = null');
    await other.apply(pushed({ name: 'risk', features: [feature('value', 'float')] }));
    await drainAll(other, 'risk');
    expect(await other.sql('select value::text as value from features.risk')).toEqual([{ value: '0.5' }]);
  });

  test('quarantines the rows that no longer fit', async () => {
    await using other = await openApiWorld();
    await other.apply(pushed({ name: 'label', features: [feature('label', 'string', { column: 'value' })] }));
    for (const value of ['1', 'two']) {
      await other.ask('/api/v1/views/label/rows', {
        token: 'pusher',
        body: { rows: [{ entity_id: value, timestamp: T, value }] },
      });
    }
    await other.apply(pushed({ name: 'label', features: [feature('label', 'int', { column: 'value' })] }));
    await drainAll(other, 'label');
    expect(await other.sql('select entity_id, label from features.label')).toEqual([{ entity_id: '1', label: 1 }]);
    expect(await other.sql('select reason from millrace.quarantine')).toEqual([{ reason: 'value_wrong_type' }]);
    const [run] = await other.sql(
      `select counts from millrace.run where state = 'done' and (counts->>'refused')::int > 0`,
    );
    expect(run?.['counts']).toMatchObject({ read: 2, accepted: 1, refused: 1, inserted: 1 });
  });
});

/** Such as `value as risk, model`. */
function named(features: readonly Feature[]): string {
  return features.map(({ name, column }) => (name === column ? name : `${column} as ${name}`)).join(', ');
}

/** Performs drains until the inbox of the view is empty. */
async function drainAll(other: ApiWorld, name: string): Promise<void> {
  while ((await other.sql('select from millrace.inbox')).length > 0) {
    await planDrainOf(other, name);
    const runs = await other.sql(`select id::int as id from millrace.run where state = 'planned'`);
    for (const { id } of runs) await other.perform(Number(id));
  }
}

async function planDrainOf({ app, sql }: ApiWorld, name: string): Promise<void> {
  const [row] = await sql('select id::int as id from millrace.view where name = $1', [name]);
  await planDrain(app.database, Number(row?.['id']));
}
