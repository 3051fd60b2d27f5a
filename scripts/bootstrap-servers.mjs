// The servers that no npm package contains: Redis, MariaDB for the tests, and a browser for all tests. They are
// searched for, or installed by the system's package manager if that is allowed; they are never started as a service.

import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Stop, say } from './bootstrap-words.mjs';

const ALSO = [
  '/usr/local/bin',
  '/usr/bin',
  '/usr/local/sbin',
  '/usr/sbin',
  '/opt/homebrew/bin',
  '/Applications/Chromium.app/Contents/MacOS',
];
const POLICY = '/usr/sbin/policy-rc.d';

const REDIS = {
  title: 'redis-server',
  programs: ['redis-server', 'valkey-server'],
  variable: 'MILLRACE_TEST_REDIS_URL',
  debian: 'redis-server',
  brew: 'redis',
};
const MARIADB = {
  title: 'mariadbd or mysqld',
  programs: ['mariadbd', 'mysqld'],
  variable: 'MILLRACE_TEST_MYSQL_URL',
  debian: 'mariadb-server',
  brew: 'mariadb',
};
const CHROMIUM = {
  title: 'chromium',
  programs: ['chromium', 'chromium-browser', 'google-chrome', 'Chromium'],
  variable: 'MILLRACE_TEST_CHROMIUM',
  debian: 'chromium',
  brew: 'chromium',
};

/** The programs that build the image, on Debian only; without them its test is skipped (test/support/image/image-tools.ts). */
const IMAGE = ['buildah', 'debootstrap'];
/** For the tests of sources through it, which are skipped without it. */
const PGBOUNCER = 'pgbouncer';
/** For the test that it can scrape our metrics, which is skipped without it. */
const PROMETHEUS = 'prometheus';
/** For the tests of completion in the shells themselves. */
const SHELLS = ['zsh', 'fish'];

/**
 * Makes sure that `word` will find its servers: every command needs a Redis, the tests need a MariaDB as well, and
 * test:all a browser.
 */
export function findServers(word) {
  const isTest = word.startsWith('test');
  const wanted = [REDIS, ...(isTest ? [MARIADB] : []), ...(word === 'test:all' ? [CHROMIUM] : [])];
  const missing = wanted.filter(
    ({ programs, variable }) => !(isTest && process.env[variable]) && !programs.some(hasProgram),
  );
  if (missing.length > 0) install(missing);
  const isRoot = process.getuid?.() === 0;
  const optional = [...(isTest ? [PGBOUNCER] : []), ...(word === 'test:all' ? [...IMAGE, PROMETHEUS, ...SHELLS] : [])];
  const absent = optional.filter((program) => !hasProgram(program));
  if (absent.length > 0 && isRoot && hasProgram('apt-get')) installOnDebian(isRoot, absent, sayAndTry);
  if (isTest && !hasProgram(PGBOUNCER)) say('no pgbouncer was found: the tests of sources through it are skipped');
}

function install(missing) {
  const isRoot = process.getuid?.() === 0;
  const mayAsk = process.env.MILLRACE_INSTALL === '1';
  if (hasProgram('apt-get') && (isRoot || mayAsk))
    return installOnDebian(
      isRoot,
      missing.map(({ debian }) => debian),
    );
  const brews = missing.map(({ brew }) => brew);
  if (hasProgram('brew') && mayAsk) return sayAndRun(['brew', 'install', ...brews]);
  const debs = missing.map(({ debian }) => debian).join(' ');
  throw new Stop(
    `No ${missing.map(({ title }) => title).join(' and no ')} was found. Install what is missing (Debian and Ubuntu: ` +
      `"sudo apt-get install ${debs}"; macOS: "brew install ${brews.join(' ')}"; it need not be running), ` +
      'or set MILLRACE_INSTALL=1 to install it automatically, then run this again.',
  );
}

function installOnDebian(isRoot, packages, run = sayAndRun) {
  const sudo = isRoot ? [] : ['sudo'];
  const install = [...sudo, 'apt-get', 'install', '--yes', '--no-install-recommends', ...packages];
  withoutStartingServices(isRoot, () => {
    // The package lists may be missing (a bare machine) or name outdated versions.
    if (sayAndTry(install)) return;
    run([...sudo, 'apt-get', 'update']);
    run(install);
  });
}

// Debian starts services on installation unless this file forbids it.
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
  if (!sayAndTry(line, 'show'))
    throw new Stop(`"${line.join(' ')}" failed: install the packages that it names, then run this again.`);
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
