// The output of `status VIEW`: a block of facts, and what needs attention.

import { hasIntervals } from '../../definition/view.ts';
import type { Status } from '../../presentation/views/status.ts';
import { notesOf } from '../../presentation/views/status-text.ts';
import { viewFacts } from '../../presentation/views/view-facts.ts';
import type { Terminal } from '../output/terminal.ts';

/** A block for each, with a blank line between. */
export function printStatusViews(terminal: Terminal, views: readonly Status[]): void {
  for (const [place, view] of views.entries()) {
    if (place > 0) terminal.line('');
    printStatusView(terminal, view);
  }
}

function printStatusView(terminal: Terminal, status: Status): void {
  const { view } = status;
  for (const [name, value] of viewFacts(status)) terminal.line({ style: 'dim', text: name.padEnd(12) }, value);
  const notes = notesOf(status);
  const strip =
    status.retired || !hasIntervals(view.kind) ? [] : [`To see it unit by unit: millrace intervals ${view.name}`];
  if (notes.length + strip.length > 0) terminal.line('');
  for (const note of [...notes, ...strip]) terminal.line(note);
}
