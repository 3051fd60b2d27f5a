import { describe, expect, test } from 'vitest';
import { notesOf } from '../../src/presentation/views/status-text.ts';
import { addToInbox } from '../../src/state/inbox/add.ts';
import { planDrain, viewsToDrain } from '../../src/state/inbox/plan-drain.ts';
import { viewOverviews } from '../../src/state/queries/view-overview.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { retireViews, viewIdOf } from '../../src/state/views/views.ts';
import { fingerprinted, view } from '../support/views.ts';
import { openPushed, plannedRun, pushMany, send, stored } from './pushed.ts';

describe('waiting rows', () => {
  const LATEST = view({
    name: 'amount',
    kind: 'latest',
    query: `select '1' as entity_id, 1::float8 as value, now() as timestamp`,
    end: null,
  });

  test('of a view that is retired, also after an edit, are stored and shown until then', async () => {
    await using world = await openPushed();
    const { database } = world.app;
    await pushMany(world, 3);
    await world.sql(`update millrace.view set edited_fingerprint = 'other'`);
    await retireViews(database, []);
    const shown = async () => {
      const overviews = await viewOverviews(database);
      return overviews.map((overview) => [overview.inboxRows, notesOf({ ...overview, ticks: [] })]);
    };
    expect(await shown()).toEqual([[3, ['amount: 3 pushed rows are waiting to be stored.']]]);
    const [id = 0] = await viewsToDrain(database);
    expect((await world.perform(Number(await planDrain(database, id)))).kind).toBe('completed');
    expect(await stored(world)).toEqual({ 1: 1, 2: 1, 3: 1 });
    expect(await shown()).toEqual([[0, []]]);
  });

  test('keep a view from changing its kind', async () => {
    await using world = await openPushed();
    const { database } = world.app;
    await send(world, 'a', 1);
    const changed = world.apply(LATEST);
    await expect(changed).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringMatching(
        /^amount cannot change its kind from pushed to latest while pushed rows are waiting/,
      ),
    });
    await world.perform(await plannedRun(world));
    await applyEdit(database, fingerprinted(LATEST), 'forward-only');
    const late = {
      viewId: Number((await viewIdOf(database, 'amount')) ?? 0),
      columns: [],
      cellColumns: [],
      entries: [{ rows: 1, data: '[]' }],
    };
    await expect(database.transaction((session) => addToInbox(session, late))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await send(world, 'b', 2)).status).toBe(404);
    expect(await world.sql('select from millrace.inbox')).toEqual([]);
  });
});
