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

const DESK = 1_280;
const HAND = 390;

const PICTURES = [
  ['overview', 'light', () => '/', DESK],
  ['overview-dark', 'dark', () => '/', DESK],
  ['view', 'light', () => '/views/spend_30d', DESK],
  ['run', 'dark', () => `/runs/${world.state.runs.refused}`, DESK],
  ['catalogue', 'light', () => '/catalogue', DESK],
  ['values', 'light', () => '/views/spend_30d/values?feature=spend_30d', DESK],
  ['lineage', 'light', () => '/lineage', DESK],
  ['catalogue-phone', 'light', () => '/catalogue', HAND],
  ['values-phone', 'dark', () => '/views/spend_30d/values?feature=spend_30d', HAND],
  ['lineage-phone', 'light', () => '/lineage', HAND],
  ['backfill', 'light', () => `/backfills/${world.state.backfills.partial}`, DESK],
] as const;

describe('pictures', () => {
  test.each(PICTURES)('of %s, %s, are small', async (name, colorScheme, path, width) => {
    await using visitor = await world.visitor({ who: ADA, colorScheme, viewport: { width, height: 640 } });
    await visitor.page.goto(path());
    const file = join(folder, `${name}.png`);
    await visitor.page.screenshot({ path: file });
    const { size } = await stat(file);
    expect(size).toBeGreaterThan(20_000);
    expect(size).toBeLessThan(BYTES_MAX);
  });
});
