// Views for tests of rows and sources: complete, with only what a test is about written down.

import { tmpdir } from 'node:os';
import { systemClock } from '../../src/core/clock.ts';
import { epochMsOf } from '../../src/core/instant.ts';
import type { FeatureView, ViewFiles } from '../../src/definition/view.ts';
import { type EnginePool, openEnginePool } from '../../src/sources/lake/engine/pool.ts';
import type { SourceOptions } from '../../src/sources/source.ts';
import { openSpool } from '../../src/sources/storage/spool.ts';
import { sourceLimits } from '../support/limits.ts';
import { feature, view } from '../support/views.ts';

export { feature };

/** A view of events with the features amount (float) and lines (int). */
export function eventsView(changes: Partial<FeatureView> = {}): FeatureView {
  return view({
    name: 'customer_orders',
    kind: 'events',
    start: epochMsOf(0),
    end: null,
    features: [feature('amount', 'float'), feature('lines', 'int')],
    query: null,
    ...changes,
  });
}

/** One table of files, `files`. */
export function viewFiles(changes: Partial<ViewFiles>): Readonly<Record<string, ViewFiles>> {
  return { files: tableFiles(changes) };
}

export function tableFiles(changes: Partial<ViewFiles>): ViewFiles {
  return {
    pattern: '*',
    format: 'parquet',
    types: {},
    windowMs: 86_400_000,
    onMissing: 'fail',
    lateMs: 0,
    onBadField: 'refuse',
    ...changes,
  };
}

/** Those of the file's tests, which trust each other: a process for each of their queries would take most of their time. */
export const engines: EnginePool = sharedEngines(
  openEnginePool({ clock: systemClock, processesMax: 2, ahead: 'none' }),
);

function sharedEngines(pool: EnginePool): EnginePool {
  return { ...pool, lease: () => pool.lease('tests') };
}

export function sourceOptions(changes: Partial<SourceOptions> & { readonly url: string }): SourceOptions {
  return {
    name: 'shop',
    projectFolder: '/nowhere',
    batchRows: 1000,
    spool: openSpool({ folder: tmpdir(), limitBytes: 1_073_741_824, clock: systemClock }),
    engines,
    ...sourceLimits({ statementTimeoutMs: 30_000, connectTimeoutMs: 30_000 }),
    clock: systemClock,
    ...changes,
  };
}
