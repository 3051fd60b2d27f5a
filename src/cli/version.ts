// The version of this package, from its package.json: next to src in a checkout, next to dist in the package. The build of
// dist names its commit, because several builds may have the same version.

import { existsSync, readFileSync } from 'node:fs';
import type { LogFacts } from '../core/log.ts';

export function packageVersion(): string {
  const { version } = readJson<{ version: string }>('../../package.json');
  return version;
}

/** For people: `0.1.0`, or `0.1.0 (build 6e0f81fa)` if the commit was known when the package was built. */
export function versionText(): string {
  const build = buildCommit();
  return build === null ? packageVersion() : `${packageVersion()} (build ${build})`;
}

/** The same for the log. */
export function versionFacts(): LogFacts {
  const build = buildCommit();
  return { version: packageVersion(), ...(build === null ? {} : { build }) };
}

/** Null in a checkout, which may be edited while it runs, and if git was missing when the package was built. */
function buildCommit(): string | null {
  const file = '../build.json';
  return existsSync(new URL(file, import.meta.url)) ? readJson<{ commit: string | null }>(file).commit : null;
}

/** Our own files, so their shape is known. */
function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as T;
}
