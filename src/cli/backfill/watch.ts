// What a person or a script sees of a backfill that a command follows, to its result.

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
import { exitCodeOf, printResult, resultJson } from './result.ts';

export type FollowOptions = CommonOptions & {
  readonly here: boolean;
  readonly detach: boolean;
  readonly parallel: number;
};

/**
 * A backfill that has begun or goes on, and the ends of its chunks from before that. The signal stops the command; it is listened to
 * from before the first chunk begins, so that who stops the command then is told how to go on.
 */
export type FollowedBackfill = {
  readonly id: number;
  readonly told: ReadonlySet<string>;
  readonly signal: AbortSignal;
};

/** Has a backfill that is running done, by the workers or here, and follows it to its result unless told to leave it. */
export async function resumeAndFollow(
  cli: Cli,
  app: App,
  { signal, ...which }: FollowedBackfill,
  options: FollowOptions,
): Promise<ExitCode> {
  if (!options.detach) return await watchBackfill(cli, app, { ...which, signal }, options);
  const { id } = which;
  if (options.json) cli.terminal.json(await resultJson(app, await requireBackfill(app, id)));
  else cli.terminal.line(`backfill ${id} is under way; see how it stands with: millrace backfills show ${id}`);
  return DONE;
}

async function watchBackfill(
  cli: Cli,
  app: App,
  { id, told, signal }: FollowedBackfill,
  options: FollowOptions,
): Promise<ExitCode> {
  const { terminal } = cli;
  const performers: Performers = options.here ? { here: true, parallel: options.parallel } : { here: false };
  let now: BackfillOverview;
  {
    using shown = options.json ? SILENT : openWatcher(terminal);
    now = await followBackfill(app, id, performers, { signal, watcher: shown, told });
  }
  if (signal.aborted && options.here) now = await pauseIfAlone(cli, app, id);
  if (options.json) terminal.json(await resultJson(app, now));
  else if (signal.aborted && isNotFollowed(now, options)) sayStopped(terminal, now);
  else printResult(terminal, now);
  return exitCodeOf(now);
}

/** Whether it is not over. One that somebody has paused while it was only followed is told of like any other. */
function isNotFollowed({ state }: BackfillOverview, { here }: Pick<FollowOptions, 'here'>): boolean {
  return state === 'running' || (here && state === 'paused');
}

const SILENT: Watcher & Disposable = {
  onChunk: () => {},
  onState: () => {},
  onProgress: () => {},
  [Symbol.dispose]: () => {},
};

/** On a terminal a bar with bad news above it; else a line for each thing that happens. */
function openWatcher(terminal: Terminal): Watcher & Disposable {
  const footer = terminal.footer();
  return {
    onChunk: (now, chunk) => {
      if (!terminal.hasFooter || chunk.state === 'failed') footer.line(...chunkLine(now, chunk));
    },
    onState: (now) => {
      const isOver = now.state !== 'running' && now.state !== 'paused';
      // How it ended is told once, below.
      if (!isOver) footer.line(...stateLine(now));
    },
    onProgress: (progress) => footer.show((columns) => barText(progress, columns)),
    [Symbol.dispose]: () => footer[Symbol.dispose](),
  };
}

/** Where this process was the only one at a backfill, it is paused when this process stops: it would only look as if it went on. */
async function pauseIfAlone(cli: Cli, app: App, id: number): Promise<BackfillOverview> {
  const { state } = await requireBackfill(app, id);
  const runs = await runOverviews(app.database, { ids: await openChunkRuns(app.database, id) });
  const isAlone = runs.every(({ owner }) => owner === null) && (await aliveWorkers(app.database)).length === 0;
  if (state === 'running' && isAlone) await pauseBackfill(depsOf(app), actorOf(cli), { backfill: id });
  return await requireBackfill(app, id);
}

function sayStopped(terminal: Terminal, now: BackfillOverview): void {
  const left = counted(leftChunks(now), 'chunk');
  if (now.state === 'paused') {
    terminal.warn(`Stopped: backfill ${now.id} is paused with ${left} left.`);
    terminal.warn(
      `Go on with: millrace backfills resume ${now.id} --here; end it with: millrace backfills cancel ${now.id}`,
    );
    return;
  }
  terminal.warn(`Stopped following: the workers go on with ${left}.`);
  terminal.warn(
    `Follow it again with: millrace backfills resume ${now.id}; end it with: millrace backfills cancel ${now.id}`,
  );
}
