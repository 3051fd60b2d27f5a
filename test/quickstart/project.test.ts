import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { loadProject } from '../../src/definition/project.ts';
import { copySample } from '../../src/quickstart/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-copy-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('copySample', () => {
  test('creates a copy that starts on another day, with the URLs of its servers', async () => {
    const start = epochMsOf(Date.UTC(2031, 4, 2));
    const variables = {
      MILLRACE_OFFLINE_URL: 'postgres://127.0.0.1:1/a',
      MILLRACE_ONLINE_URL: 'redis://127.0.0.1:2',
      MILLRACE_QUEUE_URL: 'redis://127.0.0.1:3',
      SHOP_DATABASE_URL: 'postgres://127.0.0.1:4/b',
    };

    await copySample({ from: fileURLToPath(new URL('../..', import.meta.url)), to: folder, start, variables });

    const project = await loadProject(folder, {}, start);
    const starts = project.views.filter(({ kind }) => kind !== 'latest').map((view) => view.start);
    expect([...new Set(starts)]).toEqual([start]);
    const day = 86_400_000;
    expect(project.datasets.map((set) => [set.name, set.start - start, set.end - start])).toEqual([
      ['reorders', 10 * day, 40 * day],
    ]);
    expect(project.connections.sources['shop']?.url).toBe('postgres://127.0.0.1:4/b');
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'features', 'customer_orders.yaml'), 'utf8')).toContain('start: 2031-05-02\n');
  });
});
