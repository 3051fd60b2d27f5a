// A client that is generated from the OpenAPI document, in TypeScript: its types are checked, and it talks to the API.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { startProjectWorker } from '../../src/processes/processes.ts';
import { temporaryFolder } from '../datasets/build-world.ts';
import { view } from '../support/views.ts';
import { openApiWorld, TOKENS } from './world.ts';

const run = promisify(execFile);
const PACKAGES = ['openapi-typescript@7', 'openapi-fetch@0.17', 'typescript@5', '@types/node@24'];
const pushed = (name: string) => view({ name, kind: 'pushed', source: '', query: null, end: null });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['install', '--no-audit', '--no-fund', ...PACKAGES], { cwd: folder.path });
  return () => folder[Symbol.asyncDispose]();
}, 600_000);

const tool = (name: string, ...args: readonly string[]) =>
  run(join(folder.path, 'node_modules/.bin', name), args, { cwd: folder.path }).catch(
    (failed: { stdout?: string; stderr?: string }) => {
      throw new Error(`${failed.stdout}${failed.stderr}`);
    },
  );

/** Prints what it received. Each value is used with its type, so a looser document would not compile. */
const CLIENT = `
import createClient from 'openapi-fetch';
import type { components, paths } from './millrace.d.ts';

const client = (token: string) =>
  createClient<paths>({ baseUrl: process.env['BASE'] ?? '', headers: { authorization: \`Bearer \${process.env[token]}\` } });
const [reader, pusher, operator] = [client('READER'), client('PUSHER'), client('OPERATOR')];
const view = 'product_stock_level';

const pushed = await pusher.POST('/api/v1/views/{view}/rows', {
  params: { path: { view }, query: { wait: 'published' }, header: { 'idempotency-key': 'first' } },
  body: { rows: [{ entity_id: 'generated', timestamp: '2026-01-05T10:00:00Z', value: 4.5 }] },
});
const status: 'stored' | 'committed' | 'published' | undefined = pushed.data?.status;

const online = await reader.POST('/api/v1/online', { body: { features: [view], entities: { customer: ['generated'] } } });
const cell: components['schemas']['FeatureValue'] | undefined = online.data?.rows[0]?.features[view];

const wrong = await reader.GET('/api/v1/views/{view}', { params: { path: { view: 'product_stock_levels' } } });
const problem: { readonly code: string; readonly status: number } | undefined = wrong.error;
const forbidden = await reader.POST('/api/v1/views/{view}/pause', { params: { path: { view } }, body: {} });

const paused = await operator.POST('/api/v1/views/{view}/pause', { params: { path: { view } }, body: { reason: 'moving' } });
const resumed = await operator.POST('/api/v1/views/{view}/resume', { params: { path: { view } } });
const runs = await operator.GET('/api/v1/runs', { params: { query: { view } } });

console.log(JSON.stringify({
  status,
  cell: [cell?.value, cell?.status],
  problems: [problem?.code, forbidden.error?.code],
  changed: [paused.data?.changed, resumed.data?.changed],
  runs: runs.data?.runs.map(({ reason, state }) => [reason, state]),
}));
`;

describe('the OpenAPI document', () => {
  test('generates a TypeScript client that compiles, reads, pushes and operates', async () => {
    await using world = await openApiWorld();
    await world.apply(pushed('product_stock_level'));
    await using _worker = await startProjectWorker(world.app, { version: '0', concurrency: 2 });
    const { text } = await world.ask('/api/v1/openapi.json', { token: null });
    await writeFile(join(folder.path, 'openapi.json'), text);
    await tool('openapi-typescript', 'openapi.json', '--output', 'millrace.d.ts');
    await writeFile(join(folder.path, 'client.ts'), CLIENT);
    const options = ['--strict', '--target', 'esnext', '--module', 'nodenext', '--allowImportingTsExtensions'];
    await tool('tsc', '--noEmit', ...options, '--types', 'node', 'client.ts');

    const tokens = { READER: TOKENS.reader, PUSHER: TOKENS.pusher, OPERATOR: TOKENS.operator };
    const { stdout } = await run(process.execPath, ['client.ts'], {
      cwd: folder.path,
      env: { ...process.env, BASE: world.url, ...tokens },
    });
    expect(JSON.parse(stdout)).toEqual({
      status: 'published',
      cell: [4.5, 'present'],
      problems: ['NOT_FOUND', 'ROLE_MISSING'],
      changed: [true, true],
      runs: [['push', 'done']],
    });
  }, 600_000);
});
