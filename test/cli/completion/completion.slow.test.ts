// The completion scripts in the real shells.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { performMillrace } from '../world.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-completion-'));

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await performMillrace(folder, `completion ${shell}`);
    expect(code).toBe(0);
    writeFileSync(join(folder, shell), stdout);
  }
});

function runShell(program: string, args: readonly string[]): string[] {
  // Without the shell, the test fails.
  const output = execFileSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'dumb' },
  });
  return output.split(/\s+/).filter((word) => word !== '');
}

/** What bash offers for a line. */
function bash(line: string): string[] {
  const words = line.split(' ');
  return runShell('bash', [
    '--norc',
    '-c',
    `source ./bash; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _millrace; echo "\${COMPREPLY[@]}"`,
  ]);
}

/** What fish offers, without descriptions. */
function fish(line: string): string[] {
  return runShell('fish', ['--no-config', '-c', `source ./fish; complete -C '${line}' | string split -f1 \\t`]);
}

/** What a person sees in zsh after pressing Tab twice. */
function zsh(line: string): string[] {
  const script = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT='ready>'; LISTMAX=1000; cd '${folder}'; source ./zsh; zstyle ':completion:*' verbose no; echo loa''ded"
zpty -r -m shell seen '*loaded*ready>*'
zpty -w -n shell $'${line}\\t\\t'
zpty -w -n shell $'\\C-a\\C-k echo fini\\'\\'shed\\n'
zpty -r -m shell seen '*finished*'
print -r -- "$seen"
zpty -d shell`;
  return runShell('zsh', ['-f', '-c', script]);
}

describe.each([
  ['bash', bash],
  ['fish', fish],
  ['zsh', zsh],
])('completion %s', (_, complete) => {
  test('offers commands', () => {
    const offered = complete('millrace back');
    expect(offered).toEqual(expect.arrayContaining(['backfill', 'backfills']));
    expect(offered).not.toContain('status');
  });

  test('offers the commands below a command', () => {
    expect(complete('millrace backfills ')).toEqual(expect.arrayContaining(['show', 'pause', 'resume', 'cancel']));
  });

  test('offers the options of a command', () => {
    const offered = complete('millrace retry --');
    expect(offered).toEqual(expect.arrayContaining(['--failed', '--source', '--since']));
    expect(offered).not.toContain('--problems');
  });
});

describe('millrace completion', () => {
  test('refuses a shell that it does not know', async () => {
    expect(await performMillrace(folder, 'completion tcsh')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'There is no completion for "tcsh": expected one of bash, zsh, fish.\n',
    });
  });
});
