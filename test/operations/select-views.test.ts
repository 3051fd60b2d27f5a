import { describe, expect, test } from 'vitest';
import { selectionOf, selectViews } from '../../src/operations/select-views.ts';
import { view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

describe('selectViews', () => {
  test('finds the views of a source, also those that read it for a table', async () => {
    await using world = await openWorld();
    const customers = { source: 'crm', query: 'select name from customers', rowsMax: 10 };
    await world.apply(view(), view({ name: 'joined', source: 'lake', queried: { customers } }));
    const namesOf = async (source: string) => {
      const selected = await selectViews(world.app.database, selectionOf({ views: [], source }));
      return selected.map((one) => one.view.name);
    };
    expect([await namesOf('shop'), await namesOf('lake'), await namesOf('crm')]).toEqual([
      ['spend'],
      ['joined'],
      ['joined'],
    ]);
  });
});
