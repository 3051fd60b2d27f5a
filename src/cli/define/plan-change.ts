// One changed definition of a plan: the difference, what it means, and what it costs.

import { humanDuration } from '../../core/duration.ts';
import { counted } from '../../presentation/format.ts';
import type { Text } from '../../presentation/text.ts';
import type { Terminal } from '../output/terminal.ts';
import { printMore } from './plan-more.ts';
import type { PlannedView } from './planned-view.ts';

const CATEGORIES = {
  rows: 'changes rows, and needs your answer',
  rebuild: 'changes no stored row; the online store is rebuilt by itself',
  nothing: 'changes nothing that is stored',
} as const;

/** The definition before and after, what that means, and what it costs. */
export function printChange(terminal: Terminal, view: PlannedView, linesMax: number): void {
  const { name, category, diff } = view;
  terminal.line('');
  const stored =
    category === 'rows' ? `; ${counted(view.coveredUnits, 'unit')} stored, ${counted(view.rows, 'row')}` : '';
  terminal.line({ style: 'bold', text: name }, `: ${category === null ? '' : CATEGORIES[category]}${stored}`);
  for (const text of diff.slice(0, linesMax)) terminal.line('  ', coloured(text));
  printMore(terminal, diff.length - linesMax, 'line', '  ');
  if (view.change !== 'edited') return;
  terminal.line(`  millrace apply ${name} --restate        ${restateText(view)}`);
  terminal.line(`  millrace apply ${name} --forward-only   keeps what is stored, with --from TIME only what is older`);
  terminal.line(`  millrace apply ${name} --equivalent     keeps all of it: the edit changes no row`);
}

function restateText({ coveredUnits, restate }: PlannedView): string {
  const units = `reads ${counted(coveredUnits, 'unit')} again`;
  if (coveredUnits === 0) return 'reads nothing again: nothing is stored';
  if (restate === null) return `${units} (no estimate: no run tells)`;
  return `${units}: about ${counted(restate.rows, 'row')} in ${humanDuration(restate.ms)}, judged by ${counted(restate.ofRuns, 'run')}`;
}

function coloured(text: string): Text {
  if (text.startsWith('+')) return { style: 'green', text };
  if (text.startsWith('-')) return { style: 'red', text };
  return text.startsWith('@') ? { style: 'dim', text } : text;
}
