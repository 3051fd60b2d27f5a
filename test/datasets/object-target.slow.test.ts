import { describe, expect, test } from 'vitest';
import { type BuildOptions, buildDataset } from '../../src/datasets/build.ts';
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

async function build(world: World, out: string, account: PlaceOptions['account'], more: Partial<BuildOptions> = {}) {
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
    ...more,
  });
}

/** Builds the set by month, in many parts, and stops after some of them. */
async function interrupted(world: World, out: string, account: PlaceOptions['account']): Promise<void> {
  const stop = new AbortController();
  const progress = { staging: () => undefined, planned: () => undefined, part: () => stop.abort(new Error('killed')) };
  const more = { dataset: { ...CHURN, partition: 'month' }, partRows: 250, progress, signal: stop.signal } as const;
  await expect(build(world, out, account, more)).rejects.toThrow('killed');
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

  test('removes the parts of an unfinished build that it replaces', async () => {
    await using server = await start();
    await using world = await openWorld();
    await storeShop(world);
    await interrupted(world, outOf(server), account);
    expect([...server.objects.keys()].some((name) => name.startsWith('ml/churn/month=2026-01/part-'))).toBe(true);
    const receipt = await build(world, outOf(server), account);
    expect(new Set(server.objects.keys())).toEqual(
      new Set(['ml/churn/_receipt.json', ...receipt.parts.map(({ file }) => `ml/churn/${file}`)]),
    );
    await using location = openSet(outOf(server), { ...world.app, folder: '/', account });
    expect((await verifySet(location, signal)).problems).toEqual([]);
  });

  test('refuses files that look like parts and are not of its build', async () => {
    await using server = await start();
    await using world = await openWorld();
    await storeShop(world);
    server.put('ml/churn/part-00000.csv', 'mine');
    await expect(build(world, outOf(server), account)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(server.objects.get('ml/churn/part-00000.csv')?.body.toString()).toBe('mine');
  });

  test('refuses the files of a build of another database', async () => {
    await using server = await start();
    await using first = await openWorld();
    await storeShop(first);
    await interrupted(first, outOf(server), account);
    await using second = await openWorld();
    await storeShop(second);
    await expect(build(second, outOf(server), account)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  test('records a set that was whole when its process was killed', async () => {
    await using server = await start();
    await using world = await openWorld();
    await storeShop(world);
    const receipt = await build(world, outOf(server), account);
    const [{ token } = { token: '' }] = await world.sql('select token from millrace.dataset_build');
    server.put('ml/churn/.build', String(token));
    await world.sql(`update millrace.dataset_build set state = 'running', ended_at = null, receipt = null`);
    expect(await build(world, outOf(server), account)).toEqual(receipt);
    expect(await world.sql('select state from millrace.dataset_build')).toEqual([{ state: 'done' }]);
    expect(server.objects.has('ml/churn/.build')).toBe(false);
  });

  test('says that the account may not write', async () => {
    await using server = await start();
    await using world = await openWorld();
    await storeShop(world);
    server.isClosed = true;
    await expect(build(world, outOf(server), account)).rejects.toMatchObject({ code: 'OUTPUT_UNAVAILABLE' });
  });
});
