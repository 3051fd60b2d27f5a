// chdb, ClickHouse's engine as a library: hundreds of megabytes, so it is no dependency of the project. The first test that
// needs it installs it in node_modules/.cache.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '3.4.0';
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache');

/** A folder from which `chdb` can be required. */
export async function chdbFolder(): Promise<string> {
  const folder = join(CACHE, `chdb-${VERSION}`);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const started = await mkdtemp(`${folder}-`);
  try {
    await writeFile(join(started, 'package.json'), JSON.stringify({ private: true }));
    await promisify(execFile)('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `chdb@${VERSION}`], {
      cwd: started,
    });
    await rename(started, folder);
  } catch (error) {
    await rm(started, { recursive: true, force: true });
    // Another test file has installed it in the meantime.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
