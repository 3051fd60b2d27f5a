import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../../src/core/instant.ts';
import { deploy, deployUnlessKnown } from '../../../src/state/views/deploy.ts';
import { correctValueFeatures } from '../../../src/state/views/value-feature.ts';
import { appliedViews, deployViewRows } from '../../../src/state/views/views.ts';
import { feature, fingerprinted, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

/** Views that read a feature of another name from the column `value`, of its name, and none. */
const VIEWS = [
  view({ name: 'spend', features: [feature('spend', 'float', { column: 'value' })] }),
  view({ name: 'stock', features: [feature('value', 'float')] }),
  view({ name: 'visits', features: [feature('visits', 'int')] }),
].map(fingerprinted);

const DEPLOYING = { views: VIEWS, jobs: [], program: '1.2.3', by: 'test' };
const STORED = { spend: 'spend', stock: 'value', visits: null };
/** As a command of an earlier release leaves them that deploys a new view, or edits one. */
const LEFT = `update millrace.view set value_feature = case name when 'visits' then 'value' end`;

async function valueFeatures({ sql }: World): Promise<unknown> {
  const [row] = await sql('select jsonb_object_agg(name, value_feature) as stored from millrace.view');
  return row?.['stored'];
}

describe('correctValueFeatures', () => {
  test.each([
    { what: 'a deployment of all views', deployAgain: ({ app }: World) => deploy(app.database, DEPLOYING) },
    { what: 'a deployment of some views', deployAgain: ({ app }: World) => deployViewRows(app.database, VIEWS) },
    {
      what: 'the start of a scheduler',
      deployAgain: ({ app }: World) => deployUnlessKnown(app.database, DEPLOYING, epochMsOf(0)),
    },
  ])(
    'corrects what an earlier release did not store, with unchanged definitions, in $what',
    async ({ deployAgain }) => {
      await using world = await openWorld();
      await deploy(world.app.database, DEPLOYING);
      await world.sql(LEFT);
      await deployAgain(world);
      expect(await valueFeatures(world)).toEqual(STORED);
    },
  );

  test.each(['data', 'meta'])('leaves a definition alone whose %s was edited since it was read', async (edited) => {
    await using world = await openWorld();
    await deploy(world.app.database, DEPLOYING);
    await world.sql(LEFT);
    const read = await appliedViews(world.app.database);
    await world.sql(`update millrace.view set ${edited}_fingerprint = 'edited' where name <> 'stock'`);
    await correctValueFeatures(world.app.database, read);
    expect(await valueFeatures(world)).toEqual({ spend: null, stock: 'value', visits: 'value' });
  });
});
