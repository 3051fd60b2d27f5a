// Pages of an HTTP API, materialized by whole runs.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FeatureView } from '../../src/definition/view.ts';
import { json, type PageServer, startPageServer, status } from '../sources/http/page-server.ts';
import { tableFiles } from '../sources/worlds.ts';
import { feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

let server: PageServer;
let world: World;
beforeAll(async () => {
  server = await startPageServer(status(404));
  world = await openWorld({ sources: { engine: server.origin } });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function scores(name: string): FeatureView {
  const request = { path: '/v1/users', pages: { next: '$.next', parameter: 'cursor', max: 10 } };
  const types = { updated_at: 'timestamp', score: 'decimal' } as const;
  return view({
    name,
    source: 'engine',
    kind: 'latest',
    end: null,
    features: [feature(name, 'decimal', { column: 'value' })],
    query: null,
    columns: { entity_id: 'id', timestamp: 'updated_at', value: 'score' },
    files: { pages: tableFiles({ format: 'json', records: '$.data', types, request, onMissing: 'empty' }) },
  });
}

const AT = '2026-01-31T08:00:00.000001Z';

describe('pages of an HTTP API', () => {
  test('are stored by one run, with every digit, and rows that do not match are refused', async () => {
    await world.apply(scores('risk'));
    server.answers.push(
      json({
        data: [
          { id: 'a', updated_at: AT, score: '0.10' },
          { id: 'b', updated_at: AT, score: 'x' },
        ],
        next: '2',
      }),
      json({ data: [{ id: 9007199254740991, updated_at: AT, score: 12.5 }], next: null }),
    );
    await world.materialize('risk');
    const stored = await world.sql('select entity_id, risk::text as risk from features.risk order by 1');
    expect(stored).toEqual([
      { entity_id: '9007199254740991', risk: '12.5' },
      { entity_id: 'a', risk: '0.1' },
    ]);
    const [refused] = await world.sql('select detail from millrace.quarantine');
    expect(refused?.['detail']).toContain('in records.ndjson, line 2: score is "x"');
  });

  test('store nothing if a later page fails', async () => {
    await world.apply(scores('late'));
    server.answers.push(json({ data: [{ id: 'a', updated_at: AT, score: '1' }], next: '2' }), status(403));
    await world.materialize('late');
    const [run] = await world.sql(
      `select r.state, r.error->>'code' as code from millrace.run r join millrace.view v on v.id = r.view_id where v.name = 'late'`,
    );
    expect(run).toEqual({ state: 'failed', code: 'SOURCE_DENIED' });
    expect(await world.sql('select entity_id from features.late')).toEqual([]);
  });
});
