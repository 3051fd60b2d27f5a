// Pausing, resuming and retrying the views of a tag, of a source, or all of them: the operations of the commands.

import { Failure } from '../../core/failure.ts';
import { text } from '../../core/message.ts';
import { pauseViews, resumeViews } from '../../operations/pause.ts';
import { retryFailed } from '../../operations/retry.ts';
import type { ViewSelection } from '../../operations/select-views.ts';
import { counted } from '../../presentation/format.ts';
import type { DashboardContext, Viewer } from '../context.ts';
import { type Form, textIn } from '../forms.ts';
import { actorOf, type Done, deliveryText, depsOf, joined } from '../operator.ts';

const NAMES_SHOWN = 5;

export async function pauseSelected(context: DashboardContext, viewer: Viewer, form: Form): Promise<Done> {
  const request = { ...selectionIn(form), reason: textIn(form, 'reason') };
  const paused = await pauseViews(depsOf(context), actorOf(viewer), request);
  const names = paused.filter(({ changed }) => changed).map(({ view }) => view.name);
  return done(names.length === 0 ? 'All of these views are already paused.' : `Paused ${listed(names)}.`);
}

export async function resumeSelected(context: DashboardContext, viewer: Viewer, form: Form): Promise<Done> {
  const resumed = await resumeViews(depsOf(context), actorOf(viewer), selectionIn(form));
  const names = resumed.map(({ view }) => view.name);
  return done(names.length === 0 ? 'None of these views is paused.' : `Resumed ${listed(names)}.`);
}

export async function retrySelected(context: DashboardContext, viewer: Viewer, form: Form): Promise<Done> {
  const code = textIn(form, 'code');
  const { runs, resumed, hasMore, delivery } = await retryFailed(depsOf(context), actorOf(viewer), {
    selection: selectionIn(form),
    codes: code === null ? [] : [code],
    sinceMs: null,
    allowRemovals: false,
    performer: 'workers',
  });
  if (runs.length === 0) return done('There are no failed runs to retry.');
  const views = new Set(runs.map(({ view }) => view)).size;
  return done(
    joined([
      `${counted(runs.length, 'run')} planned in ${counted(views, 'view')}.`,
      resumed.length === 0 ? '' : `Resumed ${listed(resumed)}.`,
      hasMore ? 'There are more failed runs: retry again when these have finished.' : '',
      deliveryText(delivery),
    ]),
  );
}

function done(sentence: string): Done {
  return { sentence, path: '/' };
}

/** `all`, `tag:NAME` or `source:NAME`. @throws Failure ARGUMENT_INVALID */
function selectionIn(form: Form): ViewSelection {
  const target = textIn(form, 'target') ?? '';
  if (target === 'all') return { views: [], source: null, all: true };
  const [, kind, name] = /^(tag|source):(.+)$/.exec(target) ?? [];
  if (kind === 'tag') return { views: [target], source: null, all: false };
  if (kind === 'source' && name !== undefined) return { views: [], source: name, all: false };
  throw new Failure('ARGUMENT_INVALID', text`"${target}" selects no views: choose all views, a tag or a source.`);
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  const list = names.slice(0, NAMES_SHOWN).join(', ');
  return `${counted(names.length, 'view')}: ${list}${more > 0 ? ` and ${more} more` : ''}`;
}
