// `node scripts/bootstrap.mjs mutants [WORD...]`: makes each change of list.ts, one at a time, in a copy of the last commit, and
// reports those that its tests do not notice. WORDs choose mutants by their description.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant, type Replacement } from './list.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function git(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')} failed: ${stderr}`);
}

/** The text with the change. @throws Error unless it can be made in exactly one place. */
function changed(text: string, { file, from, to }: Replacement): string {
  const places = text.split(from).length - 1;
  if (places !== 1) throw new Error(`${file} has ${places} places such as: ${from}`);
  return text.replace(from, () => to);
}

/** What `act` returns while the replacements are made, which are in different files. */
function withReplaced<T>(copy: string, replacements: readonly Replacement[], act: () => T): T {
  const [first, ...others] = replacements;
  if (first === undefined) return act();
  const path = join(copy, first.file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, changed(text, first));
  try {
    return withReplaced(copy, others, act);
  } finally {
    writeFileSync(path, text);
  }
}

type Result = { readonly passed: number; readonly failed: number; readonly output: string };

/** Without a file, or without a server, the summary is `0 passed, 1 failed`. */
function resultOf(copy: string, tests: Mutant['tests']): Result {
  const args = [join('scripts', 'bootstrap.mjs'), 'test:all', ...tests];
  const { stdout: output } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
  const [, passed = 0, failed = 0] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [];
  return { passed: Number(passed), failed: Number(failed), output };
}

/** @throws Error unless the tests pass without a change; otherwise, their failures would say nothing about a change. */
function requirePassing(copy: string, tests: Mutant['tests']): void {
  const { passed, failed, output } = resultOf(copy, tests);
  if (passed > 0 && failed === 0) return;
  throw new Error(`these tests do not pass without a change: ${tests.join(' ')}\n${output.slice(-2_000)}`);
}

/** A line of the summary about a test, not about a file that did not load or a server that did not start. */
const FAILED_TEST = /^failed: \S+ > (?!outside of its tests: )/m;

/** Whether the tests fail. @throws Error if none of them ran. */
function isNoticed(copy: string, { what, tests }: Mutant): boolean {
  const { passed, failed, output } = resultOf(copy, tests);
  if (passed > 0 || FAILED_TEST.test(output)) return failed > 0;
  throw new Error(`no test ran with the change "${what}": ${tests.join(' ')}\n${output.slice(-2_000)}`);
}

function main(words: readonly string[]): number {
  const chosen = MUTANTS.filter(({ what }) => words.length === 0 || words.some((word) => what.includes(word)));
  if (chosen.length === 0) {
    process.stderr.write(`No mutant has one of these words in its description: ${words.join(', ')}\n`);
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'millrace-mutants-'));
  const copy = join(folder, 'copy');
  git('worktree', 'add', '--quiet', '--detach', copy);
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const passing = new Set<string>();
    let survivors = 0;
    for (const mutant of chosen) {
      const tests = mutant.tests.join(' ');
      if (!passing.has(tests)) requirePassing(copy, mutant.tests);
      passing.add(tests);
      const noticed = withReplaced(copy, [mutant, ...(mutant.also === undefined ? [] : [mutant.also])], () =>
        isNoticed(copy, mutant),
      );
      if (!noticed) survivors += 1;
      process.stdout.write(`${noticed ? 'noticed ' : 'SURVIVES'}  ${mutant.what}\n`);
    }
    process.stdout.write(`${chosen.length - survivors} of ${chosen.length} noticed\n`);
    return survivors === 0 ? 0 : 1;
  } finally {
    git('worktree', 'remove', '--force', copy);
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main(process.argv.slice(2));
