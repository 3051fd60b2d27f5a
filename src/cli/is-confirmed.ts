// Confirmation before long or destructive work. Scripts are not asked.

import type { Cli } from './command.ts';
import { stopOnSignals } from './signals.ts';

/** Whether to proceed. Asks only on a terminal, and not with `--yes` or `--json`. */
export async function isConfirmed(
  { terminal }: Cli,
  question: string,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
): Promise<boolean> {
  if (yes || json || !terminal.isInteractive) return true;
  using stop = stopOnSignals();
  // The end of the input, or Ctrl-C, counts as no.
  const answer = await terminal.choose(question, ['yes', 'no'], stop.signal).catch(() => 'no');
  return answer === 'yes';
}
