// The operator's actions, one form each. They call the same operations as the commands of the same names.

import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Failure } from '../core/failure.ts';
import { safe, text, textOf } from '../core/message.ts';
import { cancelBackfill, pauseBackfill, resumeBackfill } from '../operations/backfill-control.ts';
import { BACKFILL_DEFAULTS, startBackfill } from '../operations/backfill-start.ts';
import { pauseViews, resumeViews } from '../operations/pause.ts';
import { rebuildViews } from '../operations/rebuild.ts';
import { restate } from '../operations/restate.ts';
import { retryRuns } from '../operations/retry.ts';
import { counted } from '../presentation/format.ts';
import { deployedTicks } from '../presentation/next-run.ts';
import {
  cancelledRunsTexts,
  cancelledTexts,
  heldTexts,
  pausedTexts,
  resumedTexts,
} from '../presentation/views/pausing.ts';
import { pauseSelected, resumeSelected, retrySelected } from './bulk/bulk-actions.ts';
import type { DashboardContext, DashboardEnv, Viewer } from './context.ts';
import { type Form, modeIn, rangeIn, readForm, textIn } from './forms.ts';
import { idOf } from './href.ts';
import { actorOf, type Done, deliveryText, depsOf, joined, one } from './operator.ts';
import { refuse } from './pages/errors.ts';

const BODY_BYTES_MAX = 16_384;

type Asked = { readonly name: string; readonly id: (what: 'run' | 'backfill') => number; readonly form: Form };
type Act = (context: DashboardContext, viewer: Viewer, asked: Asked) => Promise<Done>;

const ACTIONS: Readonly<Record<string, Act>> = {
  '/runs/:id/retry': (context, viewer, { id }) => retryRun(context, viewer, id('run')),
  '/runs/:id/accept': (context, viewer, { id }) => acceptRun(context, viewer, id('run')),
  '/views/:name/pause': (context, viewer, { name, form }) => pause(context, viewer, name, textIn(form, 'reason')),
  '/views/:name/resume': (context, viewer, { name }) => resume(context, viewer, name),
  '/views/:name/rebuild': (context, viewer, { name }) => rebuild(context, viewer, name),
  '/views/:name/restate': (context, viewer, { name, form }) => restateRange(context, viewer, name, form),
  '/views/:name/backfill': (context, viewer, { name, form }) => start(context, viewer, name, form),
  '/bulk/pause': (context, viewer, { form }) => pauseSelected(context, viewer, form),
  '/bulk/resume': (context, viewer, { form }) => resumeSelected(context, viewer, form),
  '/bulk/retry': (context, viewer, { form }) => retrySelected(context, viewer, form),
  '/backfills/:id/pause': (context, viewer, { id }) => pauseOne(context, viewer, id('backfill')),
  '/backfills/:id/resume': (context, viewer, { id }) => resumeOne(context, viewer, id('backfill')),
  '/backfills/:id/cancel': (context, viewer, { id }) => cancelOne(context, viewer, id('backfill')),
};

export function addActions(app: Hono<DashboardEnv>, context: DashboardContext): void {
  const onError = (c: Context<DashboardEnv>) => refuse(c, 413, 'The form is too large.');
  const limit = bodyLimit({ maxSize: BODY_BYTES_MAX, onError });
  for (const [path, act] of Object.entries(ACTIONS)) {
    app.post(path, limit, async (c) => {
      const viewer = c.get('viewer');
      if (viewer.role !== 'operator') return refuse(c, 403, 'Only operators may do this. Your role is viewer.');
      const id = (what: 'run' | 'backfill') => requireId(c.req.param('id'), what);
      const asked = { name: c.req.param('name') ?? '', id, form: await readForm(c) };
      const { sentence, path: next } = await act(context, viewer, asked);
      return c.redirect(context.notices.pathWith(next, sentence), 303);
    });
  }
}

/** Plans a run for the work that a failed or cancelled run did not finish. @throws Failure as retryRuns */
export function retryRun(context: DashboardContext, viewer: Viewer, id: number): Promise<Done> {
  return retryOne(context, viewer, id, {});
}

/** The same, and stores the rows even if they fail checks. */
function acceptRun(context: DashboardContext, viewer: Viewer, id: number): Promise<Done> {
  return retryOne(context, viewer, id, { acceptChecks: true });
}

async function retryOne(
  context: DashboardContext,
  viewer: Viewer,
  id: number,
  changes: { readonly acceptChecks?: boolean },
): Promise<Done> {
  const request = { runs: [id], allowRemovals: false, ...changes, performer: 'workers' } as const;
  const { runs, delivery } = await retryRuns(depsOf(context), actorOf(viewer), request);
  const planned = one(runs);
  const sentence = joined([`Run ${planned} retries run ${id}.`, deliveryText(delivery)]);
  return { sentence, path: `/runs/${planned}` };
}

async function pause(context: DashboardContext, viewer: Viewer, name: string, reason: string | null): Promise<Done> {
  const paused = await pauseViews(depsOf(context), actorOf(viewer), { views: [name], reason });
  const [superseded, active] = [paused.flatMap((each) => each.superseded), paused.flatMap((each) => each.active)];
  const sentences = [
    isChanged(paused) ? `${name} is paused: no new runs start until you resume it.` : `${name} is already paused.`,
    ...pausedTexts({ superseded, active }),
  ];
  return { sentence: joined(sentences), path: `/views/${name}` };
}

async function resume(context: DashboardContext, viewer: Viewer, name: string): Promise<Done> {
  const resumed = await resumeViews(depsOf(context), actorOf(viewer), { views: [name] });
  const ticksOf = await deployedTicks(context.database);
  // The parts of an incremental view come before it, and can have held units too.
  const parts = resumed.slice(0, -1).flatMap(({ view, held }) => heldTexts(view.name, held, view.unitMs));
  const own = resumed.slice(-1).flatMap((each) => resumedTexts(each.view, each, ticksOf(each.view)));
  const sentences = [
    isChanged(resumed) ? `${name} has been resumed.` : `${name} is not paused.`,
    ...[...own, ...parts].map(textOf),
  ];
  return { sentence: joined(sentences), path: `/views/${name}` };
}

/** Of an incremental view: whether it or its parts changed, which are paused and resumed with it. */
function isChanged(views: readonly { readonly changed: boolean }[]): boolean {
  return views.some(({ changed }) => changed);
}

async function rebuild(context: DashboardContext, viewer: Viewer, name: string): Promise<Done> {
  await rebuildViews(depsOf(context), actorOf(viewer), { views: [name] });
  return {
    sentence: `The scheduler will rebuild ${name} in the online store within a minute.`,
    path: `/views/${name}`,
  };
}

async function restateRange(context: DashboardContext, viewer: Viewer, view: string, form: Form): Promise<Done> {
  const request = { view, range: rangeIn(form), allowRemovals: false, performer: 'workers' } as const;
  const restated = await restate(depsOf(context), actorOf(viewer), request);
  const path = `/views/${view}`;
  if (restated.kind === 'nothing') return { sentence: `${view} has no stored or held units in that range.`, path };
  const { staleUnits, releasedUnits, delivery } = restated;
  const released = releasedUnits === 0 ? '' : `, ${counted(releasedUnits, 'held unit')} released`;
  const sentence = `${counted(staleUnits, 'stored unit')} of ${view} will be read again${released}.`;
  return { sentence: joined([sentence, deliveryText(delivery)]), path };
}

async function start(context: DashboardContext, viewer: Viewer, view: string, form: Form): Promise<Done> {
  const { backfill, delivery } = await startBackfill(depsOf(context), actorOf(viewer), {
    view,
    range: rangeIn(form),
    mode: modeIn(form),
    ...BACKFILL_DEFAULTS,
    allowRemovals: false,
    performer: 'workers',
  });
  if (backfill === null) return { sentence: `${view} has nothing to backfill in that range.`, path: `/views/${view}` };
  return {
    sentence: joined([`Backfill ${backfill} started.`, deliveryText(delivery)]),
    path: `/backfills/${backfill}`,
  };
}

async function pauseOne(context: DashboardContext, viewer: Viewer, id: number): Promise<Done> {
  const { changed, runs } = await pauseBackfill(depsOf(context), actorOf(viewer), { backfill: id });
  const sentences = [
    changed
      ? `Backfill ${id} is paused; no new chunks start until you resume it.`
      : `Backfill ${id} is already paused.`,
    ...cancelledRunsTexts(runs).map((text) => `${text}.`),
  ];
  return { sentence: joined(sentences), path: `/backfills/${id}` };
}

async function resumeOne(context: DashboardContext, viewer: Viewer, id: number): Promise<Done> {
  const request = { backfill: id, performer: 'workers' } as const;
  const { changed, chunks, delivery } = await resumeBackfill(depsOf(context), actorOf(viewer), request);
  const sentences = [
    `Backfill ${id} ${changed ? 'has been resumed' : 'is already running'}: ${counted(chunks, 'chunk')} to do.`,
    deliveryText(delivery),
  ];
  return { sentence: joined(sentences), path: `/backfills/${id}` };
}

async function cancelOne(context: DashboardContext, viewer: Viewer, id: number): Promise<Done> {
  const { changed, runs, committed } = await cancelBackfill(depsOf(context), actorOf(viewer), { backfill: id });
  const sentences = [
    changed ? `Backfill ${id} is cancelled. Stored rows are kept.` : `Backfill ${id} is already cancelled.`,
    ...cancelledTexts(runs, committed),
  ];
  return { sentence: joined(sentences), path: `/backfills/${id}` };
}

function requireId(written: string | undefined, what: 'run' | 'backfill'): number {
  const id = idOf(written);
  if (id !== null) return id;
  throw new Failure('NOT_FOUND', text`No such ${safe(what)}: ids are whole numbers.`);
}
