// Expired credentials of Azure, with its SDK and responses as Azure sends them.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { resolveConnections } from '../../../src/definition/connections/connections.ts';
import type { ViewFiles } from '../../../src/definition/view.ts';
import { placeOf } from '../../../src/sources/storage/place.ts';
import { openSpool } from '../../../src/sources/storage/spool.ts';
import { identity, pem } from '../../support/certificates/certificates.ts';
import { sourceLimits } from '../../support/limits.ts';
import { startAzureServer } from '../../support/object-stores/azure-server.ts';
import { feature, view } from '../../support/views.ts';
import { openWorld } from '../../support/world.ts';
import { calm } from '../lake/lake-files.ts';
import { failureOf } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';
import { HURRIED } from './places.ts';

beforeEach(() => {
  for (const name of Object.keys(process.env).filter((each) => /^(AZURE|IDENTITY)_/.test(each)))
    vi.stubEnv(name, undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
});

/** A signature that ends so many minutes from now. */
function sas(minutes: number): string {
  const end = new Date(Date.now() + 60_000 * minutes).toISOString();
  return `sv=2024-11-04&se=${encodeURIComponent(end)}&sr=c&sp=rl&sig=canary${minutes}`;
}

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-azure-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const FILES: ViewFiles = {
  pattern: 'sales/{yyyy}-{MM}-{dd}.csv',
  format: 'csv',
  types: { amount: 'decimal' },
  windowMs: 86_400_000,
  onMissing: 'fail',
  lateMs: 86_400_000,
  onBadField: 'refuse',
};

/** A view over a container whose SAS is in a file, and its connection as a worker has it. */
async function salesWorld() {
  const server = await startAzureServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.put('shop/sales/2026-01-01.csv', 'customer,amount\nada,1.50\n');
  const file = join(await temporary(), 'sas');
  const write = (token: string) => writeFile(file, `${token}\n`);
  await write(sas(60));
  const text = (url: string) => ({ text: url, file: 'millrace.yaml', line: 1 });
  const { sources } = await resolveConnections(
    {
      project: 'shop',
      offline: { url: text('postgres://localhost/x') },
      online: { url: text('redis://localhost'), prefix: 'mr' },
      queue: { url: text('redis://localhost'), prefix: 'millrace' },
      sources: { lake: { url: text(server.url('shop')), ...sourceLimits() } },
      spool: { folder: null, limitMb: 10 },
      // biome-ignore lint/suspicious/noExplicitAny: only what has a URL is read
    } as any,
    { AZURE_STORAGE_SAS_TOKEN_FILE: file },
  );
  const { url = '', ...connection } = sources['lake'] ?? {};
  const world = await openWorld({
    sources: { lake: url },
    connection,
    spool: { folder: await temporary(), limitMb: 10 },
  });
  await world.sql(
    `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-01-02 06:00Z' $$`,
  );
  await world.apply(
    view({
      name: 'sales',
      source: 'lake',
      failuresMax: 1,
      features: [feature('sales', 'decimal', { column: 'value' })],
      query: 'select customer as entity_id, sum(amount) as value, {{end}} as timestamp from files group by 1',
      files: { files: FILES },
    }),
  );
  return Object.assign(world, { server, write });
}

describe('a run over files of Azure whose SAS has expired', () => {
  test('is retried without counting as a failure, and uses the new SAS of the file', async () => {
    await using world = await salesWorld();
    await world.write(sas(-60));
    const [run = 0] = await world.plan('sales');
    const outcome = await world.perform(run);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'SOURCE_CREDENTIALS' } });
    expect(await world.sql('select failed_in_a_row, paused_kind from millrace.view')).toEqual([
      { failed_in_a_row: 0, paused_kind: null },
    ]);
    expect(world.server.credentials).toHaveLength(2);

    await world.write(sas(60));
    await world.sql('update millrace.run set not_before = null');
    expect((await world.perform(run)).kind).toBe('completed');
    expect(await world.sql('select entity_id, sales::text from features.sales')).toEqual([
      { entity_id: 'ada', sales: '1.5' },
    ]);
  });

  test('does not pause the view after its last attempt', async () => {
    await using world = await salesWorld();
    await world.write(sas(-60));
    const [run = 0] = await world.plan('sales', { attempts: 1 });
    await world.perform(run);
    expect(
      await world.sql(
        `select r.error->>'code' as code, v.failed_in_a_row, v.paused_kind
           from millrace.view v join millrace.run r on r.view_id = v.id`,
      ),
    ).toEqual([{ code: 'SOURCE_CREDENTIALS', failed_in_a_row: 0, paused_kind: null }]);
  });

  test('reads the new SAS when the old one expires between the listing and the file', async () => {
    await using world = await salesWorld();
    const [run = 0] = await world.plan('sales');
    // The first request for the file comes with a signature that has just ended.
    let isFirst = true;
    world.server.refusalOf = (url) => {
      if (url.searchParams.has('resource') || !isFirst) return null;
      isFirst = false;
      return [403, 'AuthenticationFailed'];
    };
    expect((await world.perform(run)).kind).toBe('completed');
  });
});

describe('a SAS that is not in a file', () => {
  const open = async (token: string) => {
    const server = await startAzureServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const spool = openSpool({ folder: await temporary(), limitBytes: 1_000_000, clock: systemClock });
    onTestFinished(() => spool[Symbol.asyncDispose]());
    const account = { AZURE_STORAGE_SAS_TOKEN: token };
    return { server, place: placeOf(sourceOptions({ url: server.url('shop'), account, spool, clock: HURRIED })) };
  };

  test('is reported as expired, which the response of a listing does not say', async () => {
    const { place } = await open(sas(-60));
    const failure = await failureOf(place.list(['*'], calm));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_CREDENTIALS',
      expect.stringContaining('AuthenticationFailed; the token has expired; renew AZURE_STORAGE_SAS_TOKEN'),
    ]);
    expect(failure.message).not.toContain('canary');
  });

  test('is denied if it has not expired, and its signature is wrong', async () => {
    const { place, server } = await open(sas(60));
    server.refusal = [403, 'AuthenticationFailed'];
    // As of a wrong signature, the response of a listing has no detail.
    expect((await failureOf(place.list(['*'], calm))).code).toBe('SOURCE_DENIED');
  });
});

async function tokenPlace() {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, pem('authority.pem')]);
  onTestFinished(() => setDefaultCACertificates(before));
  const server = await startAzureServer(identity('server'));
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.put('shop/a.csv', 'x');
  const spool = openSpool({ folder: await temporary(), limitBytes: 1_000_000, clock: systemClock });
  onTestFinished(() => spool[Symbol.asyncDispose]());
  return { server, place: placeOf(sourceOptions({ url: server.url('shop'), spool, clock: HURRIED })) };
}

describe('a token of the identity of the machine', () => {
  let asked = 0;
  /** The endpoint that gives tokens: token-1, token-2 … The SDK keeps its address. */
  const identity = createServer((_request, response) => {
    asked += 1;
    const expires = Math.floor(Date.now() / 1000) + 60;
    const token = { access_token: `token-${asked}`, expires_on: `${expires}`, resource: 'x', token_type: 'Bearer' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
  });
  beforeAll(() => new Promise<void>((resolve) => identity.listen(0, '127.0.0.1', resolve)));
  afterAll(() => new Promise<void>((resolve) => identity.close(() => resolve())));
  beforeEach(() => {
    asked = 0;
    vi.stubEnv('IDENTITY_ENDPOINT', `http://127.0.0.1:${(identity.address() as AddressInfo).port}/msi/token`);
    vi.stubEnv('IDENTITY_HEADER', 'secret');
  });

  test('is requested again when it has expired', async () => {
    const { server, place } = await tokenPlace();
    server.tokens = ['token-3', 'token-4', 'token-5'];
    expect((await place.list(['*'], calm)).map(({ name }) => name)).toEqual(['a.csv']);
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  test('fails so that the run is retried if new tokens are refused too', async () => {
    const { server, place } = await tokenPlace();
    server.tokens = [];
    const failure = await failureOf(place.list(['*'], calm));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_CREDENTIALS',
      expect.stringContaining('InvalidAuthenticationInfo; the token has expired'),
    ]);
    expect(failure.message).not.toContain('token-');
  });
});
