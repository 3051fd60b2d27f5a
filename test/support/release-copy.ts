// A second installation of Millrace: its own source files, so that a test can replace them as `npm install` does.

import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export type ReleaseCopy = {
  /** Loads the modules of this installation, with their own state. */
  load(): Promise<LoadedRelease>;
  addMigration(name: string, sql: string): Promise<void>;
};

export type LoadedRelease = typeof import('../../src/state/migrate.ts') &
  typeof import('../../src/queue/scheduler.ts') &
  typeof import('../../src/queue/worker.ts') &
  typeof import('../../src/processes/alerting.ts');

/** Copies the sources; deleted after the test. */
export async function copyRelease(): Promise<ReleaseCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-release-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['src', 'package.json']) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const load = (path: string) => import(pathToFileURL(join(folder, 'src', path)).href);
  return {
    load: async () => ({
      ...(await load('state/migrate.ts')),
      ...(await load('queue/scheduler.ts')),
      ...(await load('queue/worker.ts')),
      ...(await load('processes/alerting.ts')),
    }),
    addMigration: (name, sql) => writeFile(join(folder, 'src/state/migrations', name), sql),
  };
}
