import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/until.ts';

const CHILD = new URL('../../bench/child.ts', import.meta.url).href;
const PROGRAM = `console.log(JSON.stringify([process.pid, ...process.argv.slice(2)])); setInterval(() => {}, 1_000);`;
const BENCHMARK = `
  import { startChild } from '${CHILD}';
  startChild([process.argv[2], 'one', 'two'], { stdout: 'pipe' }).stdout.pipe(process.stdout);
`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('startChild', () => {
  test('starts a program with its arguments, which ends when the benchmark is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-child-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [benchmark, program] = [join(folder, 'benchmark.mjs'), join(folder, 'program.mjs')];
    writeFileSync(benchmark, BENCHMARK);
    writeFileSync(program, PROGRAM);
    const parent = spawn(process.execPath, [benchmark, program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { value } = await createInterface({ input: parent.stdout })[Symbol.asyncIterator]().next();
    const [pid, ...args] = JSON.parse(value ?? '[]');
    expect(args).toEqual(['one', 'two']);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid));
  });
});
