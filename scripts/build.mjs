// Builds the package: compiles the sources into dist/ with declarations, and copies the files that the code reads.
// (Node strips no types below node_modules, so the package cannot contain its sources.)

import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCommit } from './build-commit.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
// Migrations, Lua scripts, and the assets of the dashboard.
const COPIED = new Set(['.sql', '.lua', '.css', '.js', '.html', '.svg', '.json']);

const commit = buildCommit(root, process.env);

rmSync(join(root, 'dist'), { recursive: true, force: true });

const typescript = dirname(createRequire(import.meta.url).resolve('typescript-compiler/package.json'));
const compiler = spawnSync(process.execPath, [join(typescript, 'bin', 'tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});

if (compiler.status === 0) {
  cpSync(join(root, 'src'), join(root, 'dist'), {
    recursive: true,
    filter: (path) => extname(path) === '' || COPIED.has(extname(path)),
  });
  writeFileSync(join(root, 'dist', 'build.json'), `${JSON.stringify({ commit })}\n`);
  process.stdout.write('Built dist/.\n');
} else {
  process.exitCode = 1;
}
