// `node scripts/bootstrap.mjs lock`: completes package-lock.json, where every package needs its checksum. Run it after
// `npm install`; test/scripts/package-lock.test.ts detects when it was forgotten.
//
// Packages with native code have one optional package per machine. npm omits from the lock, or writes without a
// checksum, those that it has not downloaded; `npm ci` then refuses the lock, or installs unverified packages. This
// script queries npm for each of them by name and version.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Entry = {
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
export type Packages = Readonly<Record<string, Entry>>;
type Incomplete = { readonly path: string; readonly version: string; readonly isDev: boolean };

/** The facts that npm writes into an entry: its checksum, its license, and the machines it is for. */
const FACTS = ['dist.integrity', 'cpu', 'engines', 'libc', 'license', 'os'] as const;

/** Optional packages that a lock names but does not contain, and entries without a checksum. */
export function incompleteEntries(packages: Packages): Incomplete[] {
  const incomplete = new Map<string, Incomplete>();
  for (const [path, entry] of Object.entries(packages)) {
    const isDev = entry.dev === true;
    if (path !== '' && entry.integrity === undefined)
      incomplete.set(path, { path, version: entry.version ?? '', isDev });
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const [top, nested] = [`node_modules/${name}`, `${path}/node_modules/${name}`];
      if (!(top in packages) && !(nested in packages)) incomplete.set(top, { path: top, version, isDev });
    }
  }
  return [...incomplete.values()];
}

/** The entry as npm would have written it. */
function entryOf({ path, version, isDev }: Incomplete): Entry {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const { 'dist.integrity': integrity, cpu, engines, libc, license, os } = factsOf(`${name}@${version}`);
  if (integrity === undefined) throw new Error(`npm knows no checksum of ${name}@${version}: add it by hand`);
  return JSON.parse(
    JSON.stringify({
      version,
      integrity,
      cpu,
      ...(isDev ? { dev: true } : {}),
      libc,
      license,
      optional: true,
      os,
      engines,
    }),
  ) as Entry; // without the facts that npm does not have
}

function factsOf(spec: string): Readonly<Partial<Record<(typeof FACTS)[number], unknown>>> {
  const asked = spawnSync('npm', ['view', spec, ...FACTS, '--json'], { encoding: 'utf8' });
  if (asked.status !== 0) throw new Error(`"npm view ${spec}" failed:\n${asked.stderr}`, { cause: asked.error });
  return JSON.parse(asked.stdout);
}

function completeLock(): void {
  const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
  const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Packages }; // npm wrote it
  const incomplete = incompleteEntries(lock.packages);
  if (incomplete.length === 0) return;
  const completed = incomplete.map((found) => [found.path, entryOf(found)] as const);
  // In npm's order, so that npm does not rewrite the file.
  const packages = { ...lock.packages, ...Object.fromEntries(completed) };
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  process.stdout.write(`package-lock.json: completed ${incomplete.length} packages.\n`);
}

if (import.meta.main) completeLock();
