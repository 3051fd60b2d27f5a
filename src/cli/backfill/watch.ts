// What a command prints while it watches a backfill, and its result.

import type { App } from '../../app.ts';
import { pauseBackfill } from '../../operations/backfill-control.ts';
import { leftChunks } from '../../presentation/backfills/backfill-facts.ts';
import { barText, chunkLine, stateLine } from '../../presentation/backfills/backfill-progress.ts';
import { counted } from '../../presentation/format.ts';
import { type BackfillOverview, openChunkRuns } from '../../state/backfills/overview.ts';
import { aliveWorkers } from '../../state/processes.ts';
import { runOverviews } from '../../state/queries/run-overview.ts';
import type { Cli, CommonOptions } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { actorOf, depsOf } from '../operator.ts';
import type { Terminal } from '../output/terminal.ts';
import { followBackfill, type Performers, requireBackfill, type Watcher } from './follow.ts';
import { performPartsHere } from './parts-here.ts';
import { exitCodeOf, printResult, resultJson } from './result.ts';

export type FollowOptions = CommonOptions & {
  readonly here: boolean;
  readonly detach: boolean;
  readonly parallel: number;
};

/**
 * A started or resumed backfill, and the chunks that had already ended. The signal stops the command; it is in place before
 * the first chunk starts, so that stopping the command always prints how to continue.
 */
export type FollowedBackfill = {
  readonly id: number;
  readonly reported: ReadonlySet<string>;
  readonly signal: AbortSignal;
};

/** Performs a running backfill, by workers or here, and watches it to its result unless detached. */
export async function resumeAndFollow(
  cli: Cli,
  app: App,
  { signal, ...which }: FollowedBackfill,
  options: FollowOptions,
): Promise<ExitCode> {
  if (!options.detach) return await watchBackfill(cli, app, { ...which, signal }, options);
  const { id } = which;
  if (options.json) cli.terminal.json(await resultJson(app, await requireBackfill(app, id)));
  else cli.terminal.line(`backfill ${id} is running; to see its progress: millrace backfills show ${id}`);
  return DONE;
}

async function watchBackfill(
  cli: Cli,
  app: App,
  { id, reported, signal }: FollowedBackfill,
  options: FollowOptions,
): Promise<ExitCode> {
  const { terminal } = cli;
  // The chunks of an incremental view wait for its parts.
  if (options.here) await performPartsHere(app, id, { parallel: options.parallel, signal });
  const performers: Performers = options.here ? { here: true, parallel: options.parallel } : { here: false };
  let now: BackfillOverview;
  {
    using shown = options.json ? SILENT : openWatcher(terminal);
    now = await followBackfill(app, id, performers, { signal, watcher: shown, reported });
  }
  if (signal.aborted && options.here) now = await pauseIfAlone(cli, app, id);
  if (options.json) terminal.json(await resultJson(app, now));
  else if (signal.aborted && isUnfinished(now, options)) printStopped(terminal, now);
  else printResult(terminal, now);
  return exitCodeOf(now);
}

/** Whether it has not ended. A backfill that was paused while this command only watched it gets the usual result. */
function isUnfinished({ state }: BackfillOverview, { here }: Pick<FollowOptions, 'here'>): boolean {
  return state === 'running' || (here && state === 'paused');
}

const SILENT: Watcher & Disposable = {
  onChunk: () => {},
  onState: () => {},
  onProgress: () => {},
  [Symbol.dispose]: () => {},
};

/** On a terminal, a bar with failures above it; otherwise a line for each change. */
function openWatcher(terminal: Terminal): Watcher & Disposable {
  const footer = terminal.footer();
  return {
    onChunk: (now, chunk) => {
      if (!terminal.hasFooter || chunk.state === 'failed') footer.line(...chunkLine(now, chunk));
    },
    onState: (now) => {
      const isOver = now.state !== 'running' && now.state !== 'paused';
      // The result is printed once, at the end.
      if (!isOver) footer.line(...stateLine(now));
    },
    onProgress: (progress) => footer.show((columns) => barText(progress, columns)),
    [Symbol.dispose]: () => footer[Symbol.dispose](),
  };
}

/** Pauses a backfill that only this process performed: otherwise it would look as if it were still running. */
async function pauseIfAlone(cli: Cli, app: App, id: number): Promise<BackfillOverview> {
  const { state } = await requireBackfill(app, id);
  const runs = await runOverviews(app.database, { ids: await openChunkRuns(app.database, id) });
  const isAlone = runs.every(({ owner }) => owner === null) && (await aliveWorkers(app.database)).length === 0;
  if (state === 'running' && isAlone) await pauseBackfill(depsOf(app), actorOf(cli), { backfill: id });
  return await requireBackfill(app, id);
}

function printStopped(terminal: Terminal, now: BackfillOverview): void {
  const left = counted(leftChunks(now), 'chunk');
  if (now.state === 'paused') {
    terminal.warn(`Stopped: backfill ${now.id} is paused with ${left} left.`);
    terminal.warn(
      `Resume it with: millrace backfills resume ${now.id} --here; cancel it with: millrace backfills cancel ${now.id}`,
    );
    return;
  }
  terminal.warn(`Stopped watching; the workers continue with ${left}.`);
  terminal.warn(
    `Watch it again with: millrace backfills resume ${now.id}; cancel it with: millrace backfills cancel ${now.id}`,
  );
}
