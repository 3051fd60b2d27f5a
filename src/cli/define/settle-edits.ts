// What `apply` does about edits: it takes the meaning that was given or asks for it, and says what comes of it.

import type { EpochMs } from '../../core/instant.ts';
import { counted } from '../../presentation/format.ts';
import { deployedTicks, whenDone } from '../../presentation/next-look.ts';
import { applyEdit, type EditMeaning } from '../../state/views/edit.ts';
import type { FingerprintedView } from '../../state/views/views.ts';
import type { Cli, CommonOptions } from '../command.ts';
import type { OpenProject } from '../open.ts';
import { stopOnSignals } from '../signals.ts';
import { askMeaning } from './ask-meaning.ts';

/** An edit that has its meaning now, and how many stored units will be read again. */
export type Settled = { readonly name: string; readonly meaning: EditMeaning; readonly units: number };

/** Gives an edit its meaning and says, but for JSON, what happens next. */
export async function settleEdit(
  { terminal }: Pick<Cli, 'terminal'>,
  { app }: OpenProject,
  definition: FingerprintedView,
  { meaning, from, json }: { readonly meaning: EditMeaning; readonly from: EpochMs | null; readonly json: boolean },
): Promise<Settled> {
  const { view } = definition;
  const { staleUnits: units } = await applyEdit(app.database, definition, meaning, from);
  if (!json) {
    const ticksOf = await deployedTicks(app.database);
    const again = `${counted(units, 'unit')} will be read again ${whenDone(view.name, ticksOf(view))}`;
    terminal.line({ style: 'green', text: `applied as ${meaning}` }, `  ${view.name}`);
    terminal.line(`  ${units === 0 ? 'Nothing that is stored will be read again.' : again}`);
  }
  return { name: view.name, meaning, units };
}

/** Asks for the meaning of each edit where a person is there to tell, and returns those that have one then. */
export async function askAndSettle(
  cli: Cli,
  open: OpenProject,
  edited: readonly FingerprintedView[],
  { json }: CommonOptions,
): Promise<{ readonly waiting: readonly string[]; readonly settled: readonly Settled[] }> {
  const names = edited.map(({ view }) => view.name);
  if (!cli.terminal.isInteractive || json) return { waiting: names, settled: [] };
  const waiting: string[] = [];
  const settled: Settled[] = [];
  using stop = stopOnSignals();
  for (const definition of edited) {
    const answer = stop.signal.aborted ? 'later' : await askMeaning(cli, open, definition, stop.signal);
    const isOpen = answer === 'later' || (answer === 'elsewhere' && stop.signal.aborted);
    if (isOpen) waiting.push(definition.view.name);
    else if (answer === 'elsewhere') cli.terminal.line(`The edit of ${definition.view.name} was answered elsewhere.`);
    else settled.push(await settleEdit(cli, open, definition, { meaning: answer, from: null, json }));
  }
  return { waiting, settled };
}
