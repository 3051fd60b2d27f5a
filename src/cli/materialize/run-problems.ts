// A line for each run that failed or waits.

import { type Message, safe, text } from '../../core/message.ts';
import { errorLine, waitingLine } from '../../presentation/runs/run-waiting.ts';
import type { RunOverview } from '../../state/queries/run-overview.ts';
import { isWaiting } from '../../state/queries/run-overview.ts';
import type { Terminal } from '../output/terminal.ts';

const LINES_MAX = 10;

/** Prints a line for each run that failed or waits, in the order of `runs`; long messages are cut. */
export function printRunProblems(terminal: Terminal, runs: readonly RunOverview[]): void {
  const lines = runs.map(problemLine).filter((line) => line !== null);
  if (lines.length > 0) terminal.line('');
  for (const line of lines.slice(0, LINES_MAX)) terminal.line(line);
  if (lines.length > LINES_MAX) terminal.line(`… and ${lines.length - LINES_MAX} more: millrace runs show RUN`);
}

function problemLine(run: RunOverview): Message | null {
  if (run.state === 'failed')
    return text`run ${safe(run.id)} failed: ${run.error === null ? [] : errorLine(run.error)}`;
  return isWaiting(run) ? waitingLine(run) : null;
}
