#!/usr/bin/env -S node --max-semi-space-size=16 --heap-growing-percent=25
// Starts Millrace, the built package or the sources of a checkout, with a Node that can run it.
//
// The flags keep workers small. Rows become garbage within milliseconds, but by default Node collects it only after hundreds of
// megabytes. With a smaller heap it collects more often, at little cost.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
/** The flags of the first line, for a Node that we start ourselves. */
const NODE_FLAGS = ['--max-semi-space-size=16', '--heap-growing-percent=25'];
const launcher = fileURLToPath(import.meta.url);

/** The Node of the npm package `node`, searched in node_modules upward from here and from the current folder. */
function packagedNode() {
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const start of [dirname(launcher), process.cwd()]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const node = join(folder, 'node_modules', 'node', 'bin', program);
      if (existsSync(node) && isNewEnough(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? ''))
        return node;
      if (folder === dirname(folder)) break;
    }
  }
  return null;
}

function isNewEnough(version) {
  return Number(/^v?(\d+)/.exec(version)?.[1]) >= NODE_MAJOR_MIN;
}

function runWith(node) {
  const child = spawn(node, [...NODE_FLAGS, launcher, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) {
    // A terminal sends Ctrl-C to the child as well: forwarding it would send it twice.
    process.on(signal, () => void (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

async function runHere() {
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const built = new URL('../dist/cli/main.js', import.meta.url);
  // A checkout runs its sources, even if it has been built.
  const { main } = await import(existsSync(source) ? source.href : built.href);
  const code = await main(process.argv.slice(2));
  // Everything is done. A socket that is still connecting must not keep the process alive.
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
  process.exit(code);
}

const found = isNewEnough(process.versions.node) ? null : packagedNode();
if (isNewEnough(process.versions.node)) await runHere();
else if (found !== null) runWith(found);
else {
  const isCheckout = existsSync(join(dirname(launcher), '..', 'scripts', 'bootstrap.mjs'));
  const remedy = isCheckout ? 'node scripts/bootstrap.mjs install' : `npm install node@${NODE_MAJOR_MIN}`;
  process.stderr.write(
    `Millrace needs Node ${NODE_MAJOR_MIN} or newer, but this is ${process.versions.node}: install Node ${NODE_MAJOR_MIN}, ` +
      `or run "${remedy}" in ${isCheckout ? 'the checkout' : 'this folder'}.\n`,
  );
  process.exitCode = 1;
}
