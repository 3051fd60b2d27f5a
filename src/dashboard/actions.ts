// What operators do: retry a run; pause and resume a view; pause, resume and cancel a backfill. Each is an ordinary form.
//
// The commands of the same names do the same. What is asked for is recorded in Postgres first; a queue that is away is
// told later, by the scheduler.

import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Failure } from '../core/failure.ts';
import { counted } from '../presentation/format.ts';
import { deployedTicks } from '../presentation/next-look.ts';
import { cancelledTexts, pausedTexts, resumedTexts, takenBackTexts } from '../presentation/pausing.ts';
import { deliverRuns } from '../queue/delivery/deliver.ts';
import { advanceBackfill } from '../state/backfills/advance.ts';
import { cancelBackfill, pauseBackfill, resumeBackfill } from '../state/backfills/control.ts';
import { aliveWorkers } from '../state/processes.ts';
import { retryRuns } from '../state/runs/retry.ts';
import { pauseView, resumeView } from '../state/views/pause.ts';
import { requireAppliedView } from '../state/views/views.ts';
import type { DashboardContext, DashboardEnv, Viewer } from './context.ts';
import { idOf } from './href.ts';
import { refuse } from './pages/errors.ts';

/** What was done, as a sentence, and the page to see it on. */
type Done = { readonly sentence: string; readonly path: string };

const BODY_BYTES_MAX = 16_384;
const REASON_LENGTH_MAX = 500;

export function addActions(app: Hono<DashboardEnv>, context: DashboardContext): void {
  type Act = (c: Context<DashboardEnv>, viewer: Viewer) => Promise<Done>;
  const onError = (c: Context<DashboardEnv>) => refuse(c, 413, 'The form holds more than is ever needed.');
  const limit = bodyLimit({ maxSize: BODY_BYTES_MAX, onError });
  const post = (path: string, act: Act) =>
    app.post(path, limit, async (c) => {
      const viewer = c.get('viewer');
      if (viewer.role !== 'operator') return refuse(c, 403, 'Only operators may do this; you may look at everything.');
      const { sentence, path: next } = await act(c, viewer);
      return c.redirect(context.notices.pathWith(next, sentence), 303);
    });
  post('/runs/:id/retry', (c, viewer) => retryRun(context, viewer, requireId(c, 'run')));
  post('/views/:name/pause', async (c, viewer) => pause(context, viewer, nameOf(c), await reasonOf(c)));
  post('/views/:name/resume', (c, viewer) => resume(context, viewer, nameOf(c)));
  post('/backfills/:id/pause', (c, viewer) => pauseOne(context, viewer, requireId(c, 'backfill')));
  post('/backfills/:id/resume', (c, viewer) => resumeOne(context, viewer, requireId(c, 'backfill')));
  post('/backfills/:id/cancel', (c, viewer) => cancelOne(context, viewer, requireId(c, 'backfill')));
}

/** Plans a run that does what a failed or cancelled one left undone. @throws Failure as retryRuns */
export async function retryRun(context: DashboardContext, viewer: Viewer, id: number): Promise<Done> {
  const [planned] = await retryRuns(context.database, [id]);
  if (planned === undefined) throw new Error('a retried run was not planned');
  noteAction(context, viewer, 'run.retry', { run: id, planned });
  const sentence = `Run ${planned} does what run ${id} left undone. ${await delivered(context, [planned])}`;
  return { sentence: sentence.trim(), path: `/runs/${planned}` };
}

async function pause(context: DashboardContext, viewer: Viewer, name: string, reason: string): Promise<Done> {
  const actor = viewer.name ?? 'the dashboard';
  const { changed, superseded, active } = await pauseView(context.database, name, { kind: 'person', reason, actor });
  noteAction(context, viewer, 'view.pause', { view: name, changed });
  const told = [
    changed ? `${name} is paused: nothing of it runs until it is resumed.` : `${name} is paused already.`,
    ...pausedTexts({ superseded, active }),
  ];
  return { sentence: joined(told), path: `/views/${name}` };
}

async function resume(context: DashboardContext, viewer: Viewer, name: string): Promise<Done> {
  const { view } = await requireAppliedView(context.database, name);
  const { changed, due, held } = await resumeView(context.database, name);
  noteAction(context, viewer, 'view.resume', { view: name, changed });
  const ticks = (await deployedTicks(context.database))(view);
  const told = [changed ? `${name} goes on.` : `${name} is not paused.`, ...resumedTexts(view, { due, held }, ticks)];
  return { sentence: joined(told), path: `/views/${name}` };
}

async function pauseOne(context: DashboardContext, viewer: Viewer, id: number): Promise<Done> {
  const { changed, runs } = await pauseBackfill(context.database, id);
  noteAction(context, viewer, 'backfill.pause', { backfill: id, changed });
  const told = [
    changed ? `Backfill ${id} begins nothing more until it is resumed.` : `Backfill ${id} is paused already.`,
    ...takenBackTexts(runs).map((text) => `${text}.`),
  ];
  return { sentence: joined(told), path: `/backfills/${id}` };
}

async function resumeOne(context: DashboardContext, viewer: Viewer, id: number): Promise<Done> {
  const { changed, chunks } = await resumeBackfill(context.database, id);
  noteAction(context, viewer, 'backfill.resume', { backfill: id, changed });
  const runs = await advanceBackfill(context.database, id);
  const told = [
    `Backfill ${id} ${changed ? 'goes on' : 'is running'}: ${counted(chunks, 'chunk')} to do.`,
    await delivered(context, runs),
  ];
  return { sentence: joined(told), path: `/backfills/${id}` };
}

async function cancelOne(context: DashboardContext, viewer: Viewer, id: number): Promise<Done> {
  const { changed, runs, committed } = await cancelBackfill(context.database, id);
  noteAction(context, viewer, 'backfill.cancel', { backfill: id, changed });
  const told = [
    changed ? `Backfill ${id} is cancelled; what it has stored stays.` : `Backfill ${id} is cancelled already.`,
    ...cancelledTexts(runs, committed),
  ];
  return { sentence: joined(told), path: `/backfills/${id}` };
}

/** Hands runs to the workers; what stands in the way of their being done, as a sentence. */
async function delivered({ database, queues, log }: DashboardContext, runs: readonly number[]): Promise<string> {
  try {
    await deliverRuns(await queues(), database, runs);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    log.warn('run.undelivered', { runs: runs.join(', '), code: thrown.code });
    return 'The queue does not answer: it is recorded, and is done when the queue is back.';
  }
  return (await aliveWorkers(database)).length > 0
    ? ''
    : 'No worker is alive to do it: start one with "millrace worker".';
}

type Facts = Readonly<Record<string, string | number | boolean>>;

function noteAction({ log }: DashboardContext, { name }: Viewer, action: string, facts: Facts): void {
  log.info('dashboard.action', { action, who: name, ...facts });
}

function requireId(c: Context<DashboardEnv>, what: 'run' | 'backfill'): number {
  const id = idOf(c.req.param('id'));
  if (id !== null) return id;
  throw new Failure('NOT_FOUND', `There is no such ${what}: ids are whole numbers.`);
}

function nameOf(c: Context<DashboardEnv>): string {
  return c.req.param('name') ?? '';
}

async function reasonOf(c: Context<DashboardEnv>): Promise<string> {
  const { reason } = await c.req.parseBody();
  const text = typeof reason === 'string' ? reason.trim().replaceAll(/\p{Cc}/gu, ' ') : '';
  return text === '' ? 'paused on the dashboard' : text.slice(0, REASON_LENGTH_MAX);
}

function joined(sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== '').join(' ');
}
