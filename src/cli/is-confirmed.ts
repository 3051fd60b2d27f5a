// A yes before something is done that takes long or ends something. Scripts are not asked.

import type { Cli } from './command.ts';
import { stopOnSignals } from './signals.ts';

/** Whether it may be done: asked only on a terminal, and not with `--yes` or `--json`. */
export async function isConfirmed(
  { terminal }: Cli,
  question: string,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
): Promise<boolean> {
  if (yes || json || !terminal.isInteractive) return true;
  using stop = stopOnSignals();
  // Who ends the input, or the command, has not said yes.
  const answer = await terminal.choose(question, ['yes', 'no'], stop.signal).catch(() => 'no');
  return answer === 'yes';
}
