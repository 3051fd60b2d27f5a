// Views that were redacted later: what was stored about them before may quote values. No response of the API has them,
// regardless of the failure code and of the words around the value.

import { beforeAll, describe, expect, test } from 'vitest';
import { reportAlive } from '../../src/state/processes.ts';
import { identity } from '../queue/world.ts';
import { plantSecrets, redactPlanted } from '../support/plant-secrets.ts';
import { type Planted, planted, SAMPLED, SECRETS, secretsIn } from '../support/planted-secret.ts';
import { type ApiWorld, openApiWorld } from './world.ts';

let world: ApiWorld;

beforeAll(async () => {
  world = await openApiWorld();
  await plantSecrets(world);
});

async function answer(path: string, method = 'GET', body?: unknown): Promise<string> {
  const { status, text } = await world.ask(`/api/v1${path}`, {
    method,
    token: 'operator',
    ...(body === undefined ? {} : { body }),
  });
  expect([path, status < 500]).toEqual([path, true]);
  return text;
}

const LISTS = ['/views', '/runs?limit=1000', '/runs?view=many&limit=1000', '/runs?state=failed&limit=1000'];
const OTHERS = ['/backfills?limit=1000', `/backfills/${planted.many.backfill}`, '/intervals?view=many', '/views/many'];

function pathsOf(one: Planted): string[] {
  const [failed, waiting, paused] = [planted.failed(one), planted.waiting(one), planted.paused(one)];
  return [
    ...[failed, waiting, paused].map(({ view }) => `/views/${view}`),
    ...[failed, waiting].map(({ id }) => `/runs/${id}`),
    `/runs/${planted.stored.run(one)}`,
    `/backfills/${failed.id}`,
  ];
}

/** Operations on a paused view, and the retry of its failed run. */
async function operationsOn(one: Planted): Promise<string> {
  const { view, id } = planted.paused(one);
  const range = { from: '2026-01-01', to: '2026-01-02' };
  const answers = [
    await answer(`/views/${view}/run`, 'POST'),
    await answer(`/views/${view}/restate`, 'POST', range),
    await answer(`/views/${view}/backfill`, 'POST', range),
    await answer(`/runs/${id}/retry`, 'POST'),
    await answer(`/views/${view}/resume`, 'POST'),
    await answer(`/runs/${id}/retry`, 'POST'),
    await answer(`/backfills/${planted.failed(one).id}/resume`, 'POST'),
  ];
  return answers.join('\n');
}

describe('what was stored about a view', () => {
  beforeAll(() => redactPlanted(world, false));

  test.each(LISTS)('is in the response to %s while the view is not redacted', async (path) => {
    expect(secretsIn(await answer(path))).toEqual(SECRETS);
  });
});

describe('what was stored about a redacted view', () => {
  beforeAll(() => redactPlanted(world, true));

  test.each([...LISTS, ...OTHERS])('is not in the response to %s', async (path) => {
    expect(secretsIn(await answer(path))).toEqual([]);
  });

  test('is in no response about the view, its runs and its backfill', async () => {
    for (const one of SAMPLED) {
      for (const path of pathsOf(one)) expect([path, secretsIn(await answer(path))]).toEqual([path, []]);
    }
  });

  test('is in no response to an operation, in no audit row and not in the log', async () => {
    const worker = identity('worker');
    for (const one of SAMPLED) {
      await reportAlive(world.app.database, worker); // each time, since a worker that was not seen for a while is not alive
      expect([one.place, secretsIn(await operationsOn(one))]).toEqual([one.place, []]);
    }
    const audited = await world.sql('select to_jsonb(a)::text as row from millrace.audit a');
    expect(audited.length).toBeGreaterThanOrEqual(7 * SAMPLED.length);
    expect(secretsIn(JSON.stringify([audited, world.logged]))).toEqual([]);
  });
});
