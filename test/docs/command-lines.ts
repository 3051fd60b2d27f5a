// The command lines that a page shows: in its blocks, and in `code` within its text, which may leave arguments out.

import { readPage } from './blocks.ts';

const BLOCK = /^( *)```(\w*)\n([\s\S]*?)^\1```/gm;
const INLINE = /`((?:npx )?millrace [^`\n]+)`/g;

/** `millrace runs [view]`. */
const USAGE = /[[<]/;

/** Placeholders in prose: `millrace retry RUN`. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  RUN: '1',
  ID: '1',
  N: '1',
  TIME: '2026-09-01',
  '…': '2026-09-01',
};

export type CommandLine = { readonly words: readonly string[]; readonly isWhole: boolean };

/** The arguments of each command line, without what is not for Millrace. */
export function commandLinesOf(page: string): CommandLine[] {
  const text = readPage(page);
  const blocks = [...text.matchAll(BLOCK)].flatMap(([, , language = '', code = '']) => linesOf(language, code));
  const inline = [...text.replaceAll(BLOCK, '').matchAll(INLINE)].map(([, code = '']) => code);
  return [
    ...blocks.flatMap((line) => commandLine(line, { isWhole: true })),
    ...inline.filter((line) => !USAGE.test(line)).flatMap((line) => commandLine(line, { isWhole: false })),
  ];
}

function commandLine(line: string, { isWhole }: Pick<CommandLine, 'isWhole'>): CommandLine[] {
  const words = argumentsOf(line);
  return words === null ? [] : [{ words, isWhole }];
}

function linesOf(language: string, code: string): string[] {
  const lines = code.split('\n').map((line) => line.trim());
  if (language === 'sh') return lines;
  return language === 'console' ? lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2)) : [];
}

/** Null for a line that runs another program. */
function argumentsOf(line: string): string[] | null {
  const command = line.replace(/ +# .*$/, '').split(/ (?:\||>>?) /)[0] ?? '';
  const found = /(?:^(?:\.\/node_modules\/\.bin\/)?|(?:^| )(?:npx|worker|[A-Z_]+=\S+) )millrace(?: |$)(.*)$/.exec(
    command,
  );
  if (found === null) return null;
  const words = [...(found[1] ?? '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    (word) => word[1] ?? word[2] ?? word[3] ?? '',
  );
  return words.map((word) => PLACEHOLDERS[word] ?? word);
}
