// The package.json of the published package.
//
// It lists every package of a production install of this checkout with its exact version, so that users install what
// was tested. An npm-shrinkwrap.json would be the usual way, but from one in a dependency npm installs the native code
// for all machines (740 MB instead of 240).

type Locked = {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
};
export type LockedPackages = Readonly<Record<string, Locked>>;
type Manifest = Readonly<Record<string, unknown>>;

/** Fields for the checkout only; "private" there prevents publishing a manifest without exact versions. */
const OF_THE_CHECKOUT = ['private', 'scripts', 'devDependencies', 'allowScripts'];

export function publishedManifest(manifest: Manifest, packages: LockedPackages): Manifest {
  const kept = Object.entries(manifest).filter(([key]) => !OF_THE_CHECKOUT.includes(key));
  const newest = [...newestOfEach(packages)].sort(([a], [b]) => a.localeCompare(b, 'en'));
  return {
    ...Object.fromEntries(kept),
    dependencies: versionsOf(newest.filter(([, { optional }]) => optional !== true)),
    optionalDependencies: versionsOf(newest.filter(([, { optional }]) => optional === true)),
  };
}

/** The lock of a production install. */
export function productionLock(lock: { readonly packages: LockedPackages }): Manifest {
  const { devDependencies: _, ...root } = lock.packages[''] as Manifest; // npm writes an entry for the package itself
  const kept = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  return { ...lock, packages: { '': root, ...Object.fromEntries(kept) } };
}

/**
 * If two versions of one package are installed, the packages that need the older one name exactly that version (a test
 * checks this). Packages for one machine are left to the packages that depend on them, also by exact version.
 */
function newestOfEach(packages: LockedPackages): Map<string, Locked> {
  const newest = new Map<string, Locked>();
  for (const [path, entry] of Object.entries(packages)) {
    if (path === '' || entry.dev === true || entry.os !== undefined || entry.cpu !== undefined) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const other = newest.get(name);
    if (other === undefined || isNewer(entry, other)) newest.set(name, entry);
  }
  return newest;
}

function isNewer(one: Locked, other: Locked): boolean {
  return (one.version ?? '').localeCompare(other.version ?? '', 'en', { numeric: true }) > 0;
}

const versionsOf = (entries: readonly (readonly [string, Locked])[]) =>
  Object.fromEntries(entries.map(([name, { version }]) => [name, version]));
