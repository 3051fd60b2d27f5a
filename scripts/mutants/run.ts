// `node scripts/bootstrap.mjs mutants [WORD...]`: makes each change of list.ts, one at a time, in a copy of the last commit, and
// reports those that its tests do not notice. WORDs choose mutants by their description.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant } from './list.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function git(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')} failed: ${stderr}`);
}

/** The text with the change. @throws Error unless it can be made in exactly one place. */
function changed(text: string, { file, from, to }: Mutant): string {
  const places = text.split(from).length - 1;
  if (places !== 1) throw new Error(`${file} has ${places} places such as: ${from}`);
  return text.replace(from, () => to);
}

/** Whether the tests fail. @throws Error if there is no test. */
function isNoticed(copy: string, { tests }: Mutant): boolean {
  const args = [join('scripts', 'bootstrap.mjs'), 'test:all', ...tests];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
  if (!/^\d+ passed, \d+ failed$/m.test(stdout)) throw new Error(`the tests did not run:\n${stdout.slice(-2_000)}`);
  return status !== 0;
}

function main(words: readonly string[]): number {
  const chosen = MUTANTS.filter(({ what }) => words.length === 0 || words.some((word) => what.includes(word)));
  const folder = mkdtempSync(join(tmpdir(), 'millrace-mutants-'));
  const copy = join(folder, 'copy');
  git('worktree', 'add', '--quiet', '--detach', copy);
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    let survivors = 0;
    for (const mutant of chosen) {
      const path = join(copy, mutant.file);
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, changed(text, mutant));
      const noticed = isNoticed(copy, mutant);
      writeFileSync(path, text);
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
