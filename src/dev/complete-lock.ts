// `node src/dev/bootstrap.mjs lock`: adds to package-lock.json the optional packages for other machines that npm has left
// out. Run it after `npm install`; test/dev/package-lock.test.ts says when it was forgotten.
//
// Packages with native code come as one optional package per machine. npm leaves those out of the lock that its registry
// does not offer, which a mirror often does not; but then `npm ci` refuses the lock, on every machine. An entry needs only
// the version and the machines it is for: there npm installs it and fills in the rest, elsewhere it passes it over.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Entry = {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
export type Packages = Readonly<Record<string, Entry>>;
type Missing = { readonly name: string; readonly version: string; readonly isDev: boolean };

const MACHINE = /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|ia32|ppc64|riscv64|s390x|x64)/;

/** The optional packages that a lock names but does not hold. */
export function missingOptionals(packages: Packages): Missing[] {
  const missing = new Map<string, Missing>();
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const isThere = `node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages;
      if (!isThere) missing.set(name, { name, version, isDev: entry.dev === true });
    }
  }
  return [...missing.values()];
}

/** The entry of a package for one machine, by its name: `@scope/cli-linux-x64-musl`. */
function entryOf({ name, version, isDev }: Missing): Entry {
  const found = MACHINE.exec(name);
  if (found === null) throw new Error(`${name} does not say in its name which machine it is for: add it by hand`);
  const libc = libcOf(name);
  return {
    version,
    ...{ cpu: [found[2]] },
    ...(isDev ? { dev: true } : {}),
    ...(libc === null ? {} : { libc: [libc] }),
    ...{ optional: true, os: [found[1]] },
  };
}

function libcOf(name: string): string | null {
  if (!name.includes('linux')) return null;
  if (name.includes('musl')) return 'musl';
  return name.includes('gnu') ? 'glibc' : null;
}

function completeLock(): void {
  const file = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
  const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Packages }; // npm wrote it
  const missing = missingOptionals(lock.packages);
  if (missing.length === 0) return;
  const added = missing.map((found) => [`node_modules/${found.name}`, entryOf(found)] as const);
  // In npm's own order, so that it changes nothing when it writes the file next.
  const sorted = [...Object.entries(lock.packages), ...added].sort(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  process.stdout.write(`package-lock.json: added ${missing.length} packages for other machines.\n`);
}

if (import.meta.main) completeLock();
