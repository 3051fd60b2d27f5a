// The list of verbs is complete: a new operation, form or route of the API is compared with the command, too.

import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { addActions } from '../../src/dashboard/actions.ts';
import type { DashboardContext, DashboardEnv } from '../../src/dashboard/context.ts';
import { VERBS as AUDITED } from '../../src/state/audit.ts';
import { openApiWorld } from '../api/world.ts';
import { VERBS } from './verbs.ts';

/** Only programs push rows, over the API. */
const OF_ONE_WAY = ['push'];

/** The routes with parameters (`:id` or `{id}`) that no path is of. */
function untried(routes: readonly string[], paths: readonly (string | undefined)[]): string[] {
  return routes.filter((route) => {
    const pattern = new RegExp(`^${route.replaceAll(/:\w+|\{\w+\}/g, '[^/]+')}$`);
    return !paths.some((path) => path !== undefined && pattern.test(path));
  });
}

describe('VERBS', () => {
  test('has each operation of the audit', () => {
    const names = new Set(VERBS.map(({ verb }) => verb.replace(/,.*/, '')));
    expect([...names, ...OF_ONE_WAY].sort()).toEqual([...AUDITED].sort());
  });

  test('has each form of the dashboard', () => {
    const app = new Hono<DashboardEnv>();
    addActions(app, {} as DashboardContext); // only forms use it
    const forms = [...new Set(app.routes.filter(({ method }) => method === 'POST').map(({ path }) => path))];
    expect(forms.length).toBeGreaterThan(0);
    const posted = VERBS.map((verb) => verb.posted?.[0]);
    expect(untried(forms, posted)).toEqual([]);
  });

  test('has each operation of the API', async () => {
    const world = await openApiWorld();
    const { body } = await world.ask('/api/v1/openapi.json', { token: null });
    const paths = Object.entries<{ post?: { tags: string[] } }>(body.paths);
    const operations = paths.filter(([, { post }]) => post?.tags.includes('Operate')).map(([path]) => path);
    expect(operations.length).toBeGreaterThan(0);
    const requested = VERBS.map(({ requested: request }) => request && `/api/v1${request[0]}`);
    expect(untried(operations, requested)).toEqual([]);
  });
});
