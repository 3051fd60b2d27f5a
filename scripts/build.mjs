// Builds the package: compiles the sources into dist/ with declarations, and copies the files that the code reads.
// (Node strips no types below node_modules, so the package cannot contain its sources.)

import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// Migrations, Lua scripts, and the assets of the dashboard.
const COPIED = new Set(['.sql', '.lua', '.css', '.js', '.html', '.svg', '.json']);

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
  process.stdout.write('Built dist/.\n');
} else {
  process.exitCode = 1;
}
