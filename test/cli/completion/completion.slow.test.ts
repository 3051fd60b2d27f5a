// The completion scripts in the real shells.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { performMillrace } from '../world.ts';

const view = (name: string, rest = '') =>
  `${name}\nentity: customer\nfeatures:\n  - { name: inner, type: int }\n${rest}`;
/** A project in the current folder, and another one. */
const FILES = [
  ['.', 'features/spend.yaml', view('# a view\nname: customer_spend', 'tags: [daily, "money"]\n')],
  [
    '.',
    'features/deep/orders.yaml',
    view('name: "customer_orders" # quoted', 'tags:\n  - daily\n  - fast # often\nttl: 3d\n'),
  ],
  ['.', 'features/notes.txt', 'name: no_view\n'],
  ['.', 'datasets/churn.yaml', 'name: churn_set\n'],
  [
    '.',
    'millrace.yaml',
    'project: shop\nsources:\n  # a comment\n  shop: { url: "x" }\n  lake:\n    url: "file:./lake"\nqueue: { url: "y" }\n',
  ],
  ['other', 'features/basket.yaml', view('name: basket_size')],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'millrace-completion-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await performMillrace(folder, `completion ${shell}`);
    expect(code).toBe(0);
    writeFileSync(join(folder, shell), stdout);
  }
  for (const [project, file, text] of FILES) {
    mkdirSync(dirname(join(folder, project, file)), { recursive: true });
    writeFileSync(join(folder, project, file), text);
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
  return runShell('fish', [
    '--no-config',
    '-c',
    `source ./fish; complete -C '${line}' | string replace -r '\\t.*' ''; true`,
  ]);
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

  const NAMES = [
    'customer_orders',
    'customer_spend',
    'tag:daily',
    'tag:fast',
    'tag:money',
    'shop',
    'lake',
    'churn_set',
  ];

  // What a shell offers besides is its own: options in bash, or the line that was typed in zsh.
  test.each([
    ['millrace status ', ['customer_orders', 'customer_spend']],
    ['millrace get customer_s', ['customer_spend']],
    ['millrace pause tag:', ['tag:daily', 'tag:fast', 'tag:money']],
    ['millrace retry --failed --source ', ['lake', 'shop']],
    ['millrace backfills --view customer_o', ['customer_orders']],
    ['millrace dataset build ', ['churn_set']],
  ])('offers names of the project: %s', (line, names) => {
    const offered = new Set(complete(line).map((word) => word.slice(word.lastIndexOf('\r') + 1)));
    const completed = names.length === 1 ? [...offered].some((word) => word.includes(names[0] ?? '')) : true;
    expect(completed).toBe(true);
    if (names.length > 1) expect(NAMES.filter((name) => offered.has(name)).toSorted()).toEqual(names.toSorted());
  });

  test('offers names of the project that --project names', () => {
    const offered = complete('millrace status --project other b').join(' ');
    expect(offered).toContain('basket_size');
  });

  test('offers the values of an option', () => {
    const offered = complete('millrace retry --failed --code SOURCE_');
    expect(offered).toEqual(expect.arrayContaining(['SOURCE_DENIED', 'SOURCE_SHAPE', 'SOURCE_UNAVAILABLE']));
    expect(complete('millrace runs --state c')).toEqual(expect.arrayContaining(['cancelled', 'committed']));
  });
});

describe('millrace completion', () => {
  test('refuses a shell that it does not know', async () => {
    expect(await performMillrace(folder, 'completion tcsh')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'Unknown shell "tcsh": expected one of bash, zsh, fish.\n',
    });
  });
});
