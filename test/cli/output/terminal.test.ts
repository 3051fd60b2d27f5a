import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { openTerminal, type Terminal } from '../../../src/cli/output/terminal.ts';
import { stopOnSignals } from '../../../src/cli/signals.ts';
import { until } from '../../support/until.ts';

type Screen = { readonly terminal: Terminal; readonly stdin: PassThrough; readonly shown: () => string };

function openScreen(): Screen {
  const tty = () => Object.assign(new PassThrough(), { isTTY: true });
  const streams = { stdin: tty(), stdout: tty(), stderr: tty() };
  let text = '';
  streams.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const terminal = openTerminal({ NO_COLOR: '1' }, streams);
  return { terminal, stdin: streams.stdin, shown: () => stripVTControlCharacters(text).replaceAll('\r', '') };
}

const ANSWERS = ['restate', 'forward-only', 'equivalent'] as const;
const NEVER = new AbortController().signal;

describe('footer', () => {
  test('shows its newest text at the bottom, cut to the terminal, with lines above it', async () => {
    const { terminal, shown } = openScreen();
    {
      using footer = terminal.footer();
      footer.show(() => 'one of two');
      await until(() => shown().includes('one of two'));
      footer.line('a line\u001b[2J that is printed', { style: 'red', text: ' now' });
      footer.show((columns) => `two of two in ${columns} columns${'.'.repeat(columns)}`);
      await until(() => shown().includes('two of two'));
      footer.line('the last line');
    }
    expect(shown()).toMatch(/^one of two.*a line that is printed now\n.*two of two in 79 columns\.{55}(?!\.)/s);
    expect(shown()).toMatch(/the last line\n[^\n]*$/);
  });

  test('prints only the lines without a terminal', () => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const terminal = openTerminal({}, streams);
    {
      using footer = terminal.footer();
      footer.show(() => 'one of two');
      footer.line('a line');
    }
    expect(String(streams.stdout.read())).toBe('a line\n');
  });
});

describe('choose', () => {
  test.each([
    ['restate', 'restate'],
    ['f', 'forward-only'],
    ['EQ', 'equivalent'],
  ])('accepts %j as %s', async (typed, answer) => {
    const { terminal, stdin } = openScreen();
    const chosen = terminal.choose('Which?', ANSWERS, NEVER);
    stdin.write(`${typed}\n`);
    expect(await chosen).toBe(answer);
  });

  test('reports an unknown answer, and asks again', async () => {
    const { terminal, stdin, shown } = openScreen();
    const chosen = terminal.choose('Which?', ANSWERS, NEVER);
    stdin.write('both\n');
    await until(() => shown().split('Which?').length === 3);
    stdin.write('r\n');
    expect(await chosen).toBe('restate');
    expect(shown()).toContain('"both" is not a valid answer. Type one of the answers, or its first letters.\n');
  });

  test('moves the question below other output', async () => {
    const { terminal, stdin, shown } = openScreen();
    const chosen = terminal.choose('Which?', ANSWERS, NEVER);
    stdin.write('for');
    terminal.line('run.claimed');
    stdin.write('\n');
    expect(await chosen).toBe('forward-only');
    const prompt = 'Which? [restate / forward-only / equivalent] ';
    expect(shown()).toMatch(`run.claimed\n${prompt}for\n`);
  });

  test('rejects if its signal is aborted, or the input ends', async () => {
    const stop = new AbortController();
    const first = openScreen().terminal.choose('Which?', ANSWERS, stop.signal);
    stop.abort();
    await expect(first).rejects.toThrow();
    const { terminal, stdin } = openScreen();
    const second = terminal.choose('Which?', ANSWERS, NEVER);
    stdin.end();
    await expect(second).rejects.toThrow('the input has ended');
  });
});

describe('a closed output', () => {
  test('stops a command that cleans up first', () => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    openTerminal({}, streams);
    using stop = stopOnSignals();
    const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    streams.stdout.emit('error', closed);
    expect(stop.signal.aborted).toBe(true);
    // Each further write fails in the same way, unlike a second signal.
    streams.stdout.emit('error', closed);
    streams.stderr.emit('error', closed);
  });

  test('does not end a command if only its stderr is closed', () => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const terminal = openTerminal({}, streams);
    const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    // Without a command that cleans up, and with one. Vitest reports process.exit() as an error.
    streams.stderr.emit('error', closed);
    using stop = stopOnSignals();
    streams.stderr.emit('error', closed);
    expect(stop.signal.aborted).toBe(false);
    terminal.line('the result');
    expect(String(streams.stdout.read())).toBe('the result\n');
  });

  test('does not end a command that is cleaning up after a signal', () => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    openTerminal({}, streams);
    using stop = stopOnSignals();
    process.emit('SIGINT');
    expect(stop.signal.aborted).toBe(true);
    // Without the reader, which Ctrl-C has ended too. Vitest reports process.exit() as an error.
    streams.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  });

  test('stops such a command, and says why, if the disk is full', () => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    openTerminal({}, streams);
    using stop = stopOnSignals();
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    streams.stdout.emit('error', full);
    streams.stdout.emit('error', full);
    expect(stop.signal.aborted).toBe(true);
    expect(String(streams.stderr.read())).toBe(
      'The output cannot be written: ENOSPC: no space left on device, write.\n',
    );
  });
});
