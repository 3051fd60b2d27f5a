// The package.json of the published package.
//
// It names every package that a production install of this checkout has, by its exact version: what is installed then is
// what was tested here, whatever has been published since. An npm-shrinkwrap.json would be the usual way, but of a dependency
// npm installs from it the native code for all machines (740 MB rather than 240).

type Locked = {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
};
export type LockedPackages = Readonly<Record<string, Locked>>;
type Manifest = Readonly<Record<string, unknown>>;

/** What matters only in the checkout; and "private" there keeps a manifest without exact versions from being published. */
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
 * Where two versions of one package are installed, those who need the older one name exactly that (a test holds this), so
 * that it stays what it is. The packages for one machine are left to those that bring them, by exact version as well.
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
