// Installs the locked packages, including the Node that runs the sources.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stop, say } from './bootstrap-words.mjs';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const NODE_MAJOR_MIN = 24;
const QUIET = ['--no-audit', '--no-fund'];
const packagedNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** Installs exactly the packages of package-lock.json, unless they are installed. */
export function installPackages() {
  if (isInstalled()) return;
  say('installing the locked packages (npm ci), once ...');
  const done = npm(['ci', '--include=dev', ...QUIET]);
  if (done.status === 0) return;
  // A lock written with a mirror may lack packages for other machines (complete-lock.ts); npm install accepts that, and
  // still installs the locked versions.
  if (!`${done.stderr}`.includes('EUSAGE')) throw npmStop('ci', done);
  say('package-lock.json is not complete; installing with "npm install --no-save" ...');
  const again = npm(['install', '--no-save', '--include=dev', ...QUIET]);
  if (again.status !== 0) throw npmStop('install', again);
}

/** The Node that runs TypeScript: the one among the packages, else the machine's if it is new enough. */
export function nodeForSources() {
  if (isNewEnough(packagedNode)) return packagedNode;
  if (isNewEnough(process.execPath)) return process.execPath;
  // npm omits the program of the package if it is configured to run no scripts of packages.
  const folder = join(root, 'node_modules', 'node');
  if (existsSync(folder)) {
    say(`fetching Node ${NODE_MAJOR_MIN} (npm rebuild node) ...`);
    npm(['rebuild', 'node', '--ignore-scripts=false']);
    // A newer npm may still not run it; the script itself is a few lines that call npm.
    if (!isNewEnough(packagedNode)) start(process.execPath, ['installArchSpecificPackage.js'], folder);
  }
  if (isNewEnough(packagedNode)) return packagedNode;
  throw new Stop(
    `Millrace needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}, and the one among the packages ` +
      `does not run here (${process.platform} ${process.arch}): install Node ${NODE_MAJOR_MIN}, then run this again.`,
  );
}

/** Whether node_modules has the versions of package-lock.json: npm records there what it has installed. */
function isInstalled() {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  const locked = packagesOf(join(root, 'package-lock.json'));
  if (installed === null || locked === null) return false;
  // npm installs only the optional packages for this machine.
  const wanted = Object.entries(locked).filter(
    ([path, entry]) => path !== '' && (path in installed || !entry.optional),
  );
  return wanted.every(([path, { version, integrity }]) => {
    const entry = installed[path];
    return entry?.version === version && (integrity === undefined || entry.integrity === integrity);
  });
}

/** @returns {Record<string, { version: string, integrity?: string, optional?: boolean }> | null} */
function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : null;
}

function isNewEnough(node) {
  const answer = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return answer.status === 0 && Number(/^v(\d+)/.exec(answer.stdout)?.[1]) >= NODE_MAJOR_MIN;
}

/** Runs npm quietly in the checkout. */
function npm(args) {
  const own = process.env.npm_execpath ?? '';
  // The npm that called this, if any: a machine may have several.
  return own.endsWith('npm-cli.js') ? start(machineNode(), [own, ...args], root) : start('npm', args, root);
}

function npmStop(word, done) {
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
  const why = done.error === undefined ? 'its output is above' : done.error.message;
  return new Stop(`"npm ${word}" failed: ${why}.`);
}

// `npm run` puts the packages' programs first on the PATH, so this may run on a Node that npm is about to replace: npm
// gets the machine's own.
function machineNode() {
  if (!process.execPath.startsWith(join(root, 'node_modules'))) return process.execPath;
  const found = machinePath()
    .split(delimiter)
    .map((folder) => join(folder, process.platform === 'win32' ? 'node.exe' : 'node'))
    .find((node) => existsSync(node));
  return found ?? process.execPath;
}

function machinePath() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.filter((folder) => !folder.startsWith(join(root, 'node_modules'))).join(delimiter);
}

function start(program, args, folder) {
  return spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32' && program === 'npm',
    env: { ...process.env, PATH: machinePath() },
  });
}
