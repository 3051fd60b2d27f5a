// Where a plan stops short.

import { counted } from '../../presentation/format.ts';
import type { Terminal } from '../output/terminal.ts';

/** Says how many more there are, where there are any. */
export function printMore(terminal: Terminal, more: number, what: string, indent = ''): void {
  if (more > 0) terminal.line(indent, { style: 'dim', text: `… and ${counted(more, what)} more: --all shows them` });
}
