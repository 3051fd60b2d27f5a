// The options of `millrace backfill` as a request.

import { formatDuration, parseDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { StartRequest } from '../../operations/backfill-start.ts';
import type { BackfillMode } from '../../state/backfills/backfill.ts';
import { performerOf } from '../operator.ts';

export type RequestOptions = {
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  readonly mode: BackfillMode;
  readonly newestFirst: boolean;
  readonly chunk?: string;
  readonly parallel: number;
  readonly allowRemovals: boolean;
  readonly here: boolean;
};

/** @throws Failure ARGUMENT_INVALID */
export function requestOf(view: FeatureView, options: RequestOptions): StartRequest {
  return {
    view: view.name,
    range: { from: options.from ?? null, to: options.to ?? null },
    mode: options.mode,
    order: options.newestFirst ? 'newest' : 'oldest',
    chunkUnits: options.chunk === undefined ? null : unitsOfChunk(view, options.chunk),
    parallel: options.parallel,
    allowRemovals: options.allowRemovals,
    performer: performerOf(options),
  };
}

/** @throws Failure ARGUMENT_INVALID */
export function requireWorkerOrHere({ here, detach }: { readonly here: boolean; readonly detach: boolean }): void {
  if (!here || !detach) return;
  throw new Failure(
    'ARGUMENT_INVALID',
    '--here and --detach cannot be combined: with --here, the runs execute in this process.',
  );
}

function unitsOfChunk({ name, unitMs }: FeatureView, text: string): number {
  const units = (parseDuration(text) ?? 0) / unitMs;
  if (units >= 1 && Number.isInteger(units)) return units;
  const unit = formatDuration(unitMs);
  throw new Failure(
    'ARGUMENT_INVALID',
    `--chunk ${text} is not a whole number of units of ${name}: expected ${unit} or a multiple, such as ${formatDuration(unitMs * 12)}.`,
    { view: name },
  );
}
