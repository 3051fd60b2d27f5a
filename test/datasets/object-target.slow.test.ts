import { describe, expect, test } from 'vitest';
import { buildDataset } from '../../src/datasets/build.ts';
import { openSet, openTarget, type PlaceOptions } from '../../src/datasets/targets/open-target.ts';
import { verifySet } from '../../src/datasets/verify.ts';
import { AZURE_ACCOUNT, startAzureServer } from '../support/object-stores/azure-server.ts';
import { S3_ACCOUNT, startS3Server } from '../support/object-stores/s3-server.ts';
import { sampleOf } from '../support/sample.ts';
import { openWorld, type World } from '../support/world.ts';
import { CHURN, storeShop } from './small-set.ts';

const { signal } = new AbortController();
const STORES = [
  { name: 's3', start: startS3Server, account: S3_ACCOUNT },
  { name: 'abfss', start: startAzureServer, account: AZURE_ACCOUNT },
];

async function build(world: World, out: string, account: PlaceOptions['account']) {
  const { app } = world;
  const options = { ...app, folder: '/', account };
  await using target = await openTarget(out, options, signal);
  return await buildDataset({
    ...app,
    dataset: { ...CHURN, partition: 'day' },
    target,
    owner: app.processId,
    leaseMs: 30_000,
    millrace: 'test',
    signal,
  });
}

/** A place of which the SDK of Azure can rename files, though its host has no name. */
function outOf(server: { origin: string; url(folder: string): string }): string {
  const url = server.url('ml/churn');
  return url.startsWith('abfss:') ? url.replace(server.origin, `${server.origin}/millracetest`) : url;
}

describe.each(sampleOf(STORES, ({ name }) => name === 's3'))('objectTarget of $name', ({ start, account }) => {
  test('uploads the parts, and the receipt last; the set can be verified there', async () => {
    await using server = await start();
    await using world = await openWorld();
    await storeShop(world);
    const receipt = await build(world, outOf(server), account);
    const names = [...server.objects.keys()];
    expect(names.at(-1)).toBe('ml/churn/_receipt.json');
    expect(new Set(names)).toEqual(
      new Set(['ml/churn/_receipt.json', ...receipt.parts.map(({ file }) => `ml/churn/${file}`)]),
    );
    await using location = openSet(outOf(server), { ...world.app, folder: '/', account });
    expect((await verifySet(location, signal)).problems).toEqual([]);
    await expect(build(world, outOf(server), account)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('already contains files'),
    });
  });

  test('says that the account may not write', async () => {
    await using server = await start();
    await using world = await openWorld();
    await storeShop(world);
    server.isClosed = true;
    await expect(build(world, outOf(server), account)).rejects.toMatchObject({ code: 'OUTPUT_UNAVAILABLE' });
  });
});
