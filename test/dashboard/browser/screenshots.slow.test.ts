// Screenshots of the pages in a known state. Set the variable to docs/screenshots to update those.

import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADA } from '../server-world.ts';
import { type BrowserWorld, openBrowserWorld } from './world.ts';

const KEPT = process.env['MILLRACE_SCREENSHOTS'] ?? '';
const BYTES_MAX = 150_000;

let world: BrowserWorld;
let folder: string;

beforeAll(async () => {
  folder = KEPT === '' ? await mkdtemp(join(tmpdir(), 'millrace-screenshots-')) : KEPT;
  await mkdir(folder, { recursive: true });
  world = await openBrowserWorld();
});
afterAll(async () => {
  if (KEPT === '') await rm(folder, { recursive: true, force: true });
  await world[Symbol.asyncDispose]();
});

const PICTURES = [
  ['overview', 'light', () => '/'],
  ['overview-dark', 'dark', () => '/'],
  ['view', 'light', () => '/views/spend_30d'],
  ['run', 'dark', () => `/runs/${world.state.runs.refused}`],
  ['catalogue', 'light', () => '/catalogue'],
  ['values', 'light', () => '/views/spend_30d/values?feature=spend_30d'],
  ['lineage', 'light', () => '/lineage'],
  ['backfill', 'light', () => `/backfills/${world.state.backfills.partial}`],
] as const;

describe('pictures', () => {
  test.each(PICTURES)('of %s, %s, are small', async (name, colorScheme, path) => {
    await using visitor = await world.visitor({ who: ADA, colorScheme, viewport: { width: 1280, height: 640 } });
    await visitor.page.goto(path());
    const file = join(folder, `${name}.png`);
    await visitor.page.screenshot({ path: file });
    const { size } = await stat(file);
    expect(size).toBeGreaterThan(20_000);
    expect(size).toBeLessThan(BYTES_MAX);
  });
});
