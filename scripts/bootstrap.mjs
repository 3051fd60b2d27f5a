// `node scripts/bootstrap.mjs WORD [arguments]`: prepares a fresh clone for WORD, then runs WORD.
//
// Plain JavaScript without packages, since it runs before any is installed, on Node 20 or newer: it installs the locked
// packages, including the Node that the sources need, finds the servers, and runs the work with that Node.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { benchFiles } from './bootstrap-benches.mjs';
import { installPackages, nodeForSources, root } from './bootstrap-packages.mjs';
import { findServers } from './bootstrap-servers.mjs';
import { Stop, say } from './bootstrap-words.mjs';

const vitest = join('node_modules', 'vitest', 'vitest.mjs');

/** Tests start hundreds of processes with the same sources: a compile cache halves their start time. */
const TESTING = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled') };

/**
 * The programs of each word, run one at a time.
 * @type {Record<string, { servers: boolean, environment?: Record<string, string>, programs: (args: string[]) => string[][] }>}
 */
const WORDS = {
  install: { servers: false, programs: () => [] },
  lock: { servers: false, programs: () => [[join('scripts', 'complete-lock.ts')]] },
  quickstart: { servers: true, programs: (args) => [[join('src', 'quickstart', 'quickstart.ts'), ...args]] },
  test: { servers: true, environment: TESTING, programs: (args) => [[vitest, 'run', ...args]] },
  'test:all': {
    servers: true,
    environment: { ...TESTING, MILLRACE_TEST_ALL: '1' },
    programs: (args) => [[vitest, 'run', ...args]],
  },
  bench: { servers: true, programs: benches },
  docs: { servers: false, programs: () => [[join('scripts', 'docs', 'generate.ts')]] },
  monitoring: { servers: false, programs: () => [[join('scripts', 'monitoring.ts')]] },
  words: { servers: false, programs: (args) => [[join('scripts', 'plain-english', 'print.ts'), ...args]] },
  mutants: { servers: true, programs: (args) => [[join('scripts', 'mutants', 'run.ts'), ...args]] },
  measure: { servers: false, programs: (args) => [[join('scripts', 'measure-code.ts'), ...args]] },
  build: { servers: false, programs: (args) => [[join('scripts', 'build.mjs'), ...args]] },
  release: { servers: false, programs: () => [[join('scripts', 'build.mjs')], [join('scripts', 'release.ts')]] },
};

/** `bench` compares Millrace with its rivals, `bench NAME...` runs these benchmarks. */
function benches(args) {
  const options = args.filter((arg) => arg.startsWith('-'));
  const names = args.filter((arg) => !arg.startsWith('-'));
  const files = benchFiles(names.length > 0 ? names : ['compare']);
  // The same options as for a worker in bin/millrace.mjs.
  return files.map((file) => ['--max-semi-space-size=16', '--heap-growing-percent=25', file, ...options]);
}

async function main([word = '', ...args]) {
  const work = WORDS[word];
  if (work === undefined) throw new Stop(`Choose a command: ${Object.keys(WORDS).join(', ')}.`);
  installPackages();
  const node = nodeForSources();
  if (work.servers) findServers(word);
  for (const program of work.programs(args)) {
    const status = await run(node, program, { ...process.env, ...work.environment });
    if (status !== 0) return status;
  }
  return 0;
}

/** Runs a program and forwards signals; returns its exit code, or the shell's number for the signal that ended it. */
function run(node, program, environment) {
  const child = spawn(node, program, { cwd: root, stdio: 'inherit', env: environment });
  // A terminal sends Ctrl-C to the child as well: forwarding it would be a second one, which means "immediately".
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
    const handler = () => void (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal));
    process.on(signal, handler);
    return () => process.removeListener(signal, handler);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const remove of handlers) remove();
      resolve(code ?? { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 }[signal ?? ''] ?? 1);
    });
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  say(error.message);
  process.exitCode = 1;
}
