// What the options of `millrace backfill` ask for.

import { formatDuration, parseDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { BackfillMode, BackfillRequest } from '../../state/backfills/backfill.ts';
import { DEFAULT_RUN_OPTIONS } from '../../state/runs/run.ts';

export const MODES = ['missing', 'failed', 'all'] as const satisfies readonly BackfillMode[];

export type RequestOptions = {
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  readonly mode: BackfillMode;
  readonly newestFirst: boolean;
  readonly chunk?: string;
  readonly parallel: number;
  readonly allowRemovals: boolean;
};

/** Of the timeout the jobs decide, when a chunk becomes a run. Attempts that somebody may be watching: a chunk is done or failed within two minutes of its first failure. */
const ATTEMPTS = { ...DEFAULT_RUN_OPTIONS, backoffMs: 5_000, backoffMaxMs: 40_000 };

/** @throws Failure ARGUMENT_INVALID */
export function requestOf(view: FeatureView, options: RequestOptions, askedBy: string): BackfillRequest {
  return {
    range: { from: options.from ?? null, to: options.to ?? null },
    mode: options.mode,
    order: options.newestFirst ? 'newest' : 'oldest',
    chunkUnits: options.chunk === undefined ? null : unitsOfChunk(view, options.chunk),
    parallel: options.parallel,
    options: { ...ATTEMPTS, allowRemovals: options.allowRemovals },
    askedBy,
  };
}

/** @throws Failure ARGUMENT_INVALID */
export function requireSomebody({ here, detach }: { readonly here: boolean; readonly detach: boolean }): void {
  if (!here || !detach) return;
  throw new Failure('ARGUMENT_INVALID', 'Choose --here or --detach: this process cannot do the work and leave it.');
}

/** @throws Failure ARGUMENT_INVALID */
export function requireStored({ mode, allowRemovals }: Pick<RequestOptions, 'mode' | 'allowRemovals'>): void {
  if (!allowRemovals || mode !== 'missing') return;
  throw new Failure(
    'ARGUMENT_INVALID',
    '--allow-removals needs --mode failed or all: a missing unit holds no rows that could be removed.',
  );
}

/** @throws Failure ARGUMENT_INVALID */
export function requireForwards({ from, to }: Pick<RequestOptions, 'from' | 'to'>): void {
  if (from === undefined || to === undefined || from < to) return;
  throw new Failure('ARGUMENT_INVALID', '--from lies at or after --to: expected an earlier time.');
}

function unitsOfChunk({ name, unitMs }: FeatureView, text: string): number {
  const units = (parseDuration(text) ?? 0) / unitMs;
  if (units >= 1 && Number.isInteger(units)) return units;
  const unit = formatDuration(unitMs);
  throw new Failure(
    'ARGUMENT_INVALID',
    `--chunk ${text} is no whole number of the units of ${name}: expected ${unit} or a multiple of it, such as ${formatDuration(unitMs * 12)}.`,
    { view: name },
  );
}
