// Feast in its own Python environment: hundreds of megabytes, so it is no dependency of the project. The first comparison
// that needs it installs it in node_modules/.cache.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
const CACHE = join(import.meta.dirname, '../../node_modules/.cache');

/** A folder with `bin/python`, for which Feast is installed. Needs python3 with venv, and a package index. */
export function feastEnvironment(): string {
  const version = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `feast-${version}`);
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return folder;
  process.stdout.write(`Installing Feast in ${folder} …\n`);
  // An environment cannot be moved: what an interrupted installation has left is removed here.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS];
  execFileSync(join(folder, 'bin/python'), pip, { stdio: 'inherit' });
  writeFileSync(complete, '');
  return folder;
}

/** The release of Feast, for records. */
export function feastVersion(): string {
  return /^feast\S*==(\S+)$/m.exec(readFileSync(REQUIREMENTS, 'utf8'))?.[1] ?? '';
}
