// The one server that no npm package brings: Redis. Found where it is installed, or installed by the system's package
// manager where that is allowed; it is never started as a service.

import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Stop, say } from './bootstrap-words.mjs';

const ALSO = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];
const POLICY = '/usr/sbin/policy-rc.d';

/** Makes sure that `word` will find a Redis. */
export function findRedis(word) {
  if (word.startsWith('test') && process.env.MILLRACE_TEST_REDIS_URL) return;
  if (hasProgram('redis-server') || hasProgram('valkey-server')) return;
  const isRoot = process.getuid?.() === 0;
  if (hasProgram('apt-get') && (isRoot || process.env.MILLRACE_INSTALL === '1')) return installOnDebian(isRoot);
  if (hasProgram('brew') && process.env.MILLRACE_INSTALL === '1') return sayAndRun(['brew', 'install', 'redis']);
  throw new Stop(
    'No redis-server was found. Install it (Debian and Ubuntu: "sudo apt-get install redis-server"; macOS: "brew install ' +
      'redis"; it need not be running), or set MILLRACE_INSTALL=1 to have it installed, then do this again.',
  );
}

function installOnDebian(isRoot) {
  const sudo = isRoot ? [] : ['sudo'];
  const install = [...sudo, 'apt-get', 'install', '--yes', '--no-install-recommends', 'redis-server'];
  withoutStartingServices(isRoot, () => {
    // The lists of packages may be missing (a bare machine) or name versions that are gone.
    if (sayAndTry(install)) return;
    sayAndRun([...sudo, 'apt-get', 'update']);
    sayAndRun(install);
  });
}

// Debian starts what it installs, unless this file says no.
function withoutStartingServices(isRoot, work) {
  const isOurs = isRoot && !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
}

function sayAndRun(line) {
  if (!sayAndTry(line, 'show')) throw new Stop(`"${line.join(' ')}" failed: install redis-server, then do this again.`);
}

function sayAndTry([program, ...args], onFailure = 'quiet') {
  say(`running "${[program, ...args].join(' ')}" ...`);
  const done = spawnSync(program, args, {
    encoding: 'utf8',
    // sudo may ask for a password on the terminal.
    stdio: ['inherit', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });
  if (done.status !== 0 && onFailure === 'show') process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
  return done.status === 0;
}

function hasProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...ALSO];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, name)));
}
