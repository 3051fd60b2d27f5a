// millrace apply: makes the definitions on disk the ones that workers run.

import { Failure } from '../core/failure.ts';
import { applyEdit, type EditMeaning } from '../state/edit.ts';
import { migrate } from '../state/migrate.ts';
import {
  appliedViews,
  type FingerprintedView,
  retireViews,
  takeOverViews,
  type ViewChange,
  viewChange,
} from '../state/views.ts';
import { addCommand, type Cli, type CommonOptions, end } from './command.ts';
import { editSentence } from './edit-sentence.ts';
import { DONE, type ExitCode, PARTLY } from './exit.ts';
import { counted } from './format.ts';
import { type OpenProject, openProject, requireDefined } from './open.ts';

type ApplyOptions = CommonOptions & {
  readonly restate?: boolean;
  readonly forwardOnly?: boolean;
  readonly equivalent?: boolean;
};

export function addApply(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'apply [view]',
    summary: 'take the definitions over; answer for edits',
    notes: [
      'A view whose rows an edit may change waits until one of the three is chosen for it; meanwhile',
      'the exit code is 2.',
      'A running scheduler takes over its jobs when it is started again.',
    ],
    examples: ['apply', 'apply customer_orders --restate'],
  })
    .option('--restate', 'the stored rows of the edited view are wrong: read all of them again')
    .option('--forward-only', 'they stay as they are; only what is read from now on follows the edit')
    .option('--equivalent', 'the edit changes no row')
    .action((view: string | undefined, options: ApplyOptions) => end(cli, apply(cli, view, options)));
}

async function apply(cli: Cli, view: string | undefined, options: ApplyOptions): Promise<ExitCode> {
  const meaning = meaningOf(view, options);
  await using open = await openProject(cli, options);
  const asked = view === undefined ? open.defined : requireDefined(open.defined, [view]);
  const migrations = await migrate(open.app.database);
  if (meaning !== null) for (const definition of asked) await requireEdited(open, definition);
  const changes: { name: string; change: ViewChange | 'retired' }[] = await takeOverViews(open.app.database, asked);
  if (view === undefined) changes.push(...(await retireMissing(open)));
  const edited = changes.filter(({ change }) => change === 'edited').map(({ name }) => name);
  if (meaning !== null) {
    for (const definition of asked) await applyEdit(open.app.database, definition, meaning);
  }
  const waiting = meaning === null ? edited : [];
  if (options.json) cli.terminal.json({ migrations, changes, meaning, waiting });
  else print(cli, changes, meaning);
  for (const name of waiting) cli.terminal.warn(editSentence(name));
  return waiting.length === 0 ? DONE : PARTLY;
}

async function retireMissing({ app, defined }: OpenProject): Promise<{ name: string; change: 'retired' }[]> {
  const names = defined.map(({ view }) => view.name);
  return (await retireViews(app.database, names)).map((name) => ({ name, change: 'retired' }));
}

function meaningOf(view: string | undefined, options: ApplyOptions): EditMeaning | null {
  const chosen: EditMeaning[] = [];
  if (options.restate === true) chosen.push('restate');
  if (options.forwardOnly === true) chosen.push('forward-only');
  if (options.equivalent === true) chosen.push('equivalent');
  const [meaning] = chosen;
  if (meaning === undefined) return null;
  if (chosen.length > 1) {
    throw new Failure(
      'ARGUMENT_INVALID',
      `Choose one of --restate, --forward-only and --equivalent, not ${chosen.length}.`,
    );
  }
  if (view === undefined) {
    throw new Failure('ARGUMENT_INVALID', `Name the edited view: millrace apply VIEW --${meaning}.`);
  }
  return meaning;
}

async function requireEdited({ app }: OpenProject, definition: FingerprintedView): Promise<void> {
  const { name } = definition.view;
  const applied = (await appliedViews(app.database)).find(({ view }) => view.name === name);
  if (viewChange(applied, definition) === 'edited') return;
  throw new Failure(
    'ARGUMENT_INVALID',
    `Nothing that decides the rows of ${name} was edited since it was applied; to read stored rows again run "millrace restate ${name}".`,
  );
}

function print({ terminal }: Cli, changes: readonly { name: string; change: string }[], meaning: string | null): void {
  const told = changes.filter(({ change }) => change !== 'unchanged');
  for (const { name, change } of told) {
    const style = change === 'edited' && meaning === null ? 'red' : 'green';
    const text = change === 'edited' && meaning !== null ? `applied as ${meaning}` : change;
    terminal.line({ style, text }, `  ${name}`);
  }
  const unchanged = changes.length - told.length;
  if (unchanged > 0) terminal.line({ style: 'dim', text: `${counted(unchanged, 'view')} unchanged` });
  if (changes.length === 0) terminal.line('The project has no views.');
}
