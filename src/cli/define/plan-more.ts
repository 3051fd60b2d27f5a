// The note at the end of a list that was cut.

import { counted } from '../../presentation/format.ts';
import type { Terminal } from '../output/terminal.ts';

/** Prints how many more there are, if any. */
export function printMore(terminal: Terminal, more: number, what: string, indent = ''): void {
  if (more > 0)
    terminal.line(indent, { style: 'dim', text: `… and ${counted(more, `more ${what}`)} (show all with --all)` });
}
