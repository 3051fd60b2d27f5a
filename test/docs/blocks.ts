// The commands of a page, as its readers meet them: `sh` blocks, each below a comment that says how it is tested.
//
//   <!-- run: NAME -->                      run in order, in one shell, with all others of that name
//   <!-- run: NAME, in the background -->   started, and left running for those that follow
//   <!-- not run: why -->

import { readFileSync } from 'node:fs';

export type ShellBlock = {
  /** null where no comment says so. */
  readonly marker: string | null;
  readonly commands: string;
};

/** The text of a file of the checkout. */
export function readPage(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

export function shellBlocks(page: string): ShellBlock[] {
  return [...page.matchAll(/(?:<!-- ((?:not )?run: [^\n]*?) -->\n)?```sh\n(.*?)```/gs)].map((found) => ({
    marker: found[1] ?? null,
    commands: found[2] ?? '',
  }));
}

/** The commands below `<!-- run: NAME -->`, and whether they keep running in the background. */
export function blocksToRun(page: string, name: string): { commands: string; stays: boolean }[] {
  const stays = `run: ${name}, in the background`;
  return shellBlocks(page)
    .filter(({ marker }) => marker === `run: ${name}` || marker === stays)
    .map(({ marker, commands }) => ({ commands, stays: marker === stays }));
}

/** The code below `<!-- file: PATH -->`, a whole file, or below `<!-- line of: PATH -->`, what is added to one. */
export function codeBlocks(page: string, kind: 'file' | 'line of'): { path: string; text: string }[] {
  return [...page.matchAll(new RegExp(`<!-- ${kind}: (\\S+) -->\\n\`\`\`ts\\n(.*?)\`\`\``, 'gs'))].map((found) => ({
    path: found[1] ?? '',
    text: found[2] ?? '',
  }));
}
