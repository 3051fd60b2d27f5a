// One changed definition of a plan: the diff, its effect and its cost.

import { humanDuration } from '../../core/duration.ts';
import { counted } from '../../presentation/format.ts';
import type { Text } from '../../presentation/text.ts';
import type { Terminal } from '../output/terminal.ts';
import { printMore } from './plan-more.ts';
import type { PlannedView } from './planned-view.ts';

const CATEGORIES = {
  rows: 'may change stored rows; needs your decision',
  rebuild: 'changes no stored rows; the online store is rebuilt automatically',
  nothing: 'changes no stored rows',
} as const;

/** The diff of the definition, its effect and its cost. */
export function printChange(terminal: Terminal, view: PlannedView, linesMax: number): void {
  const { name, category, diff } = view;
  terminal.line('');
  const stored =
    category === 'rows' ? `; ${counted(view.coveredUnits, 'unit')} stored, ${counted(view.rows, 'row')}` : '';
  terminal.line({ style: 'bold', text: name }, `: ${category === null ? '' : CATEGORIES[category]}${stored}`);
  for (const text of diff.slice(0, linesMax)) terminal.line('  ', coloured(text));
  printMore(terminal, diff.length - linesMax, 'line', '  ');
  if (view.change !== 'edited') return;
  const applied = view.partsOf ?? name;
  terminal.line(`  millrace apply ${applied} --restate        ${restateText(view)}`);
  // Values of the next intervals would mix parts of before and after the edit.
  if (view.partsOf === undefined)
    terminal.line(
      `  millrace apply ${name} --forward-only   keeps stored rows; with --from TIME, keeps only rows older than TIME`,
    );
  terminal.line(`  millrace apply ${applied} --equivalent     keeps stored rows: the edit changes none of them`);
}

function restateText({ coveredUnits, restate }: PlannedView): string {
  const units = `reads ${counted(coveredUnits, 'unit')} again`;
  if (coveredUnits === 0) return 'has nothing to read again: no intervals are stored';
  if (restate === null) return `${units} (no estimate: the view has no finished runs)`;
  return `${units}: about ${counted(restate.rows, 'row')} in ${humanDuration(restate.ms)}, based on ${counted(restate.ofRuns, 'run')}`;
}

function coloured(text: string): Text {
  if (text.startsWith('+')) return { style: 'green', text };
  if (text.startsWith('-')) return { style: 'red', text };
  return text.startsWith('@') ? { style: 'dim', text } : text;
}
