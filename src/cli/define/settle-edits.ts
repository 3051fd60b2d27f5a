// Deploying edits: with the given meaning, or after asking for it.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { applyViews, type Settled } from '../../operations/apply.ts';
import { counted } from '../../presentation/format.ts';
import { deployedTicks, whenRun } from '../../presentation/next-run.ts';
import type { EditMeaning } from '../../state/views/edit.ts';
import type { FingerprintedView } from '../../state/views/views.ts';
import type { Cli, CommonOptions } from '../command.ts';
import type { OpenProject } from '../open.ts';
import { actorOf, depsOf } from '../operator.ts';
import { reportError } from '../output/report-error.ts';
import { stopOnSignals } from '../signals.ts';
import { askMeaning } from './ask-meaning.ts';

/** Prints the effect of a deployed edit. */
export async function printSettled(
  { terminal }: Pick<Cli, 'terminal'>,
  { app }: OpenProject,
  { view }: FingerprintedView,
  { meaning, units }: Settled,
): Promise<void> {
  const ticksOf = await deployedTicks(app.database);
  const when = whenRun(view.partsOf ?? view.name, ticksOf(view));
  const again = text`${safe(counted(units, 'unit'))} will be read again ${when}`;
  terminal.line({ style: 'green', text: `applied as ${meaning}` }, `  ${view.name}`);
  terminal.line('  ', units === 0 ? 'No stored rows will be read again.' : again);
}

/** Deploys an edit with the meaning chosen on the terminal, and prints the effect. */
export async function settleEdit(
  cli: Pick<Cli, 'terminal' | 'env'>,
  open: OpenProject,
  definition: FingerprintedView,
  meaning: EditMeaning,
): Promise<Settled[]> {
  const request = { definitions: [definition], edit: { meaning, from: null }, why: 'asked' } as const;
  const { settled } = await applyViews(depsOf(open.app), actorOf(cli), request);
  for (const one of settled) await printSettled(cli, open, definition, one);
  return settled.slice();
}

/** Asks for the meaning of each edit on an interactive terminal. Returns the deployed edits, and those still waiting. */
export async function askMissingMeanings(
  cli: Cli,
  open: OpenProject,
  edited: readonly FingerprintedView[],
  options: CommonOptions,
): Promise<{ readonly waiting: readonly string[]; readonly settled: readonly Settled[] }> {
  const names = edited.map(({ view }) => view.name);
  if (!cli.terminal.isInteractive || options.json) return { waiting: names, settled: [] };
  const waiting: string[] = [];
  const settled: Settled[] = [];
  using stop = stopOnSignals();
  for (const definition of edited) {
    const answer = stop.signal.aborted ? 'later' : await askMeaning(cli, open, definition, stop.signal);
    const isOpen = answer === 'later' || (answer === 'elsewhere' && stop.signal.aborted);
    if (isOpen) waiting.push(definition.view.name);
    else if (answer === 'elsewhere') cli.terminal.line(`${definition.view.name} was deployed by another command.`);
    else {
      const applied = await settleEdit(cli, open, definition, answer).catch((thrown: unknown) => {
        // Another answer is needed; the other edits are still asked about.
        if (!(thrown instanceof Failure && thrown.code === 'ARGUMENT_INVALID')) throw thrown;
        reportError(cli.terminal, thrown, options);
        return null;
      });
      if (applied === null) waiting.push(definition.view.name);
      else settled.push(...applied);
    }
  }
  return { waiting, settled };
}
