// `npm run release`: writes a release to release/: the package (for "npm publish"), with the exact version of every
// dependency, and a CycloneDX SBOM with checksums and licenses.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { productionLock, publishedManifest } from './published-manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'release');

function npm(args: readonly string[], cwd: string): string {
  const done = spawnSync('npm', args, { cwd, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (done.status !== 0) throw new Error(`"npm ${args.join(' ')}" failed:\n${done.stderr}`, { cause: done.error });
  return done.stdout;
}

const readJson = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));

const manifest = readJson('package.json');
const lock = readJson('package-lock.json');
const name = `${manifest.name}-${manifest.version}`;
rmSync(folder, { recursive: true, force: true });

// Packed in a temporary folder, so that the package.json of the checkout is never touched.
const staged = join(folder, 'package');
mkdirSync(staged, { recursive: true });
for (const path of [...manifest.files, 'LICENSE', 'README.md'])
  cpSync(join(root, path), join(staged, path), { recursive: true });
const published = publishedManifest(manifest, lock.packages);
writeFileSync(join(staged, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
npm(['pack', '--ignore-scripts', '--pack-destination', folder], staged);
rmSync(staged, { recursive: true });

// From a lock without the development packages: "npm sbom --omit dev" also omits the packages that both need.
const listed = join(folder, manifest.name);
mkdirSync(listed);
const { devDependencies: _, ...production } = manifest;
writeFileSync(join(listed, 'package.json'), JSON.stringify(production));
writeFileSync(join(listed, 'package-lock.json'), JSON.stringify(productionLock(lock)));
writeFileSync(
  join(folder, `${name}.cdx.json`),
  npm(['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], listed),
);
rmSync(listed, { recursive: true });

process.stdout.write(`release/${name}.tgz and release/${name}.cdx.json were written.\n`);
