// millrace dashboard, and the hash of a password.

import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../../src/cli/main.ts';
import { openTerminal } from '../../../src/cli/output/terminal.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { isPassword, parseHash } from '../../../src/dashboard/access/password.ts';
import { until } from '../../support/until.ts';
import { CONFIG, openCommandWorld, projectFolder, type Started, startMillrace } from '../world.ts';

const LOGIN = `dashboard: { users: { ada: { role: operator, password: "\${DASHBOARD_ADA}" } } }\n`;
const NO_SERVERS = {
  MILLRACE_OFFLINE_URL: 'postgres://millrace:canary-71c2@127.0.0.1:1/millrace',
  MILLRACE_ONLINE_URL: 'redis://:canary-71c2@127.0.0.1:1',
  MILLRACE_QUEUE_URL: 'redis://:canary-71c2@127.0.0.1:1',
};

async function urlOf(started: Started): Promise<string> {
  const found = () => /"url":"([^"]+)"/.exec(started.output())?.[1];
  await until(() => found() !== undefined);
  return found() ?? '';
}

/** `millrace dashboard hash` with typed input, or with lines from a pipe. */
async function hashOf(lines: string, { isTTY, words = [] }: { isTTY: boolean; words?: readonly string[] }) {
  const tty = (is: boolean) => Object.assign(new PassThrough(), { isTTY: is });
  const streams = { stdin: tty(isTTY), stdout: tty(false), stderr: tty(isTTY) };
  const ended = runCommand(['dashboard', 'hash', ...words], {
    terminal: openTerminal({ NO_COLOR: '1' }, streams),
    env: {},
    clock: systemClock,
  });
  if (isTTY) {
    let asked = '';
    streams.stderr.on('data', (chunk: Buffer) => {
      asked += chunk.toString();
    });
    for (const [index, line] of lines.split('\n').entries()) {
      await until(() => (asked.match(/: /g) ?? []).length === index + 1);
      streams.stdin.write(`${line}\r`);
    }
    const code = await ended;
    return { code, stdout: String(streams.stdout.read() ?? ''), stderr: stripVTControlCharacters(asked) };
  }
  streams.stdin.end(lines);
  const code = await ended;
  return { code, stdout: String(streams.stdout.read() ?? ''), stderr: String(streams.stderr.read() ?? '') };
}

describe('dashboard', () => {
  test('serves the project without definitions or sources, and stops on a signal', async () => {
    const world = await openCommandWorld();
    await world.millrace('apply');
    await world.write({ 'features/spend.yaml': 'nonsense: {' });
    const { SHOP_DATABASE_URL: _, ...env } = world.env;
    const started = startMillrace(world.folder, 'dashboard --port 0', env);
    const url = await urlOf(started);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('spend')]);
    started.kill('SIGTERM');
    expect(await started.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('starts while its servers are away, without showing their passwords', async () => {
    const folder = await projectFolder({ 'millrace.yaml': CONFIG });
    const started = startMillrace(folder, 'dashboard --port 0', NO_SERVERS);
    const url = await urlOf(started);
    const texts = [];
    for (const path of ['/', '/runs', '/queues/', '/health/ready', '/queues/api/queues']) {
      const answer = await fetch(`${url}${path}`);
      expect([path, answer.status]).toEqual([path, 503]);
      texts.push(await answer.text());
    }
    expect(texts[0]).toContain('The offline store (postgres://127.0.0.1:1/millrace)');
    started.kill('SIGTERM');
    const { code, stdout, stderr } = await started.ended;
    expect(code).toBe(0);
    expect([...texts, stdout, stderr].join('')).not.toContain('canary-71c2');
  });

  test('refuses to listen on other addresses without a login', async () => {
    const world = await openCommandWorld();
    expect(await world.millrace('dashboard --host 0.0.0.0 --port 0')).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'The dashboard has no login, and 0.0.0.0 can be reached from other machines: add dashboard.users or dashboard.proxy to millrace.yaml, or listen on 127.0.0.1.\n',
    });
  });

  test('is the only command that needs the password hashes', async () => {
    const world = await openCommandWorld({ 'millrace.yaml': `${CONFIG}${LOGIN}` });
    expect((await world.millrace('run spend --here')).code).toBe(0);
    expect(await world.millrace('dashboard --port 0')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'The variable DASHBOARD_ADA (millrace.yaml:8) is not set. Set it to the output of "millrace dashboard hash".\n',
    });
    expect(await world.millrace('dashboard --port 0', { DASHBOARD_ADA: 'a literal password' })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'The environment variable for the password of ada does not contain a password hash: set it to the output of "millrace dashboard hash".\n',
    });
  });

  test('accepts a login with the hashed password, also from other machines', async () => {
    const world = await openCommandWorld({ 'millrace.yaml': `${CONFIG}${LOGIN}` });
    await world.millrace('apply');
    const { stdout } = await hashOf('a password of ada\n', { isTTY: false });
    const env = { ...world.env, DASHBOARD_ADA: stdout.trim() };
    const started = startMillrace(world.folder, 'dashboard --host 0.0.0.0 --port 0', env);
    const url = (await urlOf(started)).replace('0.0.0.0', '127.0.0.1');
    const authorization = `Basic ${btoa('ada:a password of ada')}`;
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization } })).status).toBe(200);
    started.kill('SIGTERM');
    expect((await started.ended).code).toBe(0);
  });
});

describe('dashboard hash', () => {
  test('prints the hash of a line of input', async () => {
    const { code, stdout, stderr } = await hashOf('correct horse battery\nnot this\n', { isTTY: false });
    const parsed = parseHash(stdout);
    if (parsed === null) throw new Error(stdout);
    expect([code, stderr, await isPassword('correct horse battery', parsed)]).toEqual([0, '', true]);
    const { stdout: json } = await hashOf('correct horse battery', { isTTY: false, words: ['--json'] });
    expect(parseHash((JSON.parse(json) as { hash: string }).hash)).not.toBeNull();
  });

  test('asks twice on a terminal, without echo', async () => {
    const { code, stdout, stderr } = await hashOf('correct horse battery\ncorrect horse battery', { isTTY: true });
    expect([code, stderr]).toEqual([0, 'Password: \nPassword again: \n']);
    expect(parseHash(stdout)).not.toBeNull();
  });

  test.each([
    ['correct horse battery\ncorrect horse batterie', true, 'The passwords do not match. Run the command again.'],
    ['too short', false, 'The password has 9 characters; expected 12 to 256 characters.'],
    ['', false, 'No password was entered. Type one, or pass it on standard input.'],
  ])('refuses %j', async (lines, isTTY, sentence) => {
    const { code, stdout, stderr } = await hashOf(lines, { isTTY });
    expect([code, stdout, stderr]).toEqual([3, '', expect.stringContaining(sentence)]);
  });
});
