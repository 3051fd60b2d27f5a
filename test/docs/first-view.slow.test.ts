import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { blocksToRun, readPage } from './blocks.ts';

/** What `init` writes files for; each is a run. */
const DAYS = 7;
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder that is this checkout to npx and its users, but for what they write into it. */
function checkoutToWriteInto(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-readme-')));
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  for (const name of ['bin', 'src', 'schemas', 'node_modules']) symlinkSync(join(root, name), join(folder, name));
  return folder;
}

describe('docs/getting-started/first-view.md', () => {
  const folder = checkoutToWriteInto();
  const running: ChildProcess[] = [];
  const variables: Record<string, string> = {};
  afterAll(async () => {
    for (const child of running.filter(({ exitCode }) => exitCode === null)) {
      process.kill(-(child.pid ?? 0), 'SIGTERM');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const environment = () => {
    const ours = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'));
    return { ...Object.fromEntries(ours), ...variables, npm_config_loglevel: 'error' };
  };

  async function start(commands: string, cwd: string): Promise<void> {
    const child = spawn('sh', ['-ec', commands], { cwd, env: environment(), detached: true });
    running.push(child);
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    await until(() => said.split('run.completed').length > DAYS || child.exitCode !== null);
    for (const [, name = '', value = ''] of said.matchAll(/^export (\w+)=(\S+)$/gm)) variables[name] = value;
  }

  test('works, command by command', async () => {
    let cwd = folder;
    const said: string[] = [];
    for (const { commands, stays } of blocksToRun(readPage('docs/getting-started/first-view.md'), 'first view')) {
      if (stays) {
        await start(commands, cwd);
        continue;
      }
      const place = join(folder, 'place');
      const done = spawnSync('sh', ['-ec', `${commands}\npwd > ${place}`], {
        cwd,
        env: environment(),
        encoding: 'utf8',
      });
      expect({ commands, status: done.status, stderr: done.stderr }).toEqual({ commands, status: 0, stderr: '' });
      said.push(done.stdout);
      cwd = readFileSync(place, 'utf8').trim();
    }

    expect(said.join('\n')).toMatch(/valid .*ada .* 40\n.*nothing is due.*1 run done.*ada .* 40\n.*agrees/s);
  });
});
