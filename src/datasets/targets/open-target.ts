// The place that `--out` or a path names: to write a set to, or to read one from.

import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { safe, text, value } from '../../core/message.ts';
import type { Environment } from '../../definition/connections/environment.ts';
import type { EnginePool } from '../../sources/lake/engine/pool.ts';
import type { SourceOptions } from '../../sources/source.ts';
import type { FileLocation } from '../../sources/storage/file-location.ts';
import { folderOf, placeOf, storeOf } from '../../sources/storage/place.ts';
import type { Spool } from '../../sources/storage/spool.ts';
import { localTarget } from './local-target.ts';
import { objectTarget } from './object-target.ts';
import type { Target } from './target.ts';

export type PlaceOptions = {
  /** Where relative paths start from. */
  readonly folder: string;
  /** Of object stores: what the environment says about the account to use. */
  readonly account: Environment | null;
  readonly spool: Spool;
  readonly engines: EnginePool;
  readonly clock: Clock;
};

/** `file:./sets/churn`, `sets/churn`, `s3://bucket/churn` or `abfss://…`. @throws Failure ARGUMENT_INVALID */
export async function openTarget(out: string, options: PlaceOptions, signal: AbortSignal): Promise<Target> {
  const asked = sourceOptions(out, options);
  const store = storeOf(asked);
  if (store === null) return localTarget(folderOf(asked));
  return objectTarget({ ...asked, store }, signal);
}

/** The place of a set that is there. @throws Failure ARGUMENT_INVALID */
export function openSet(path: string, options: PlaceOptions): FileLocation {
  return placeOf(sourceOptions(path, options));
}

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;

function sourceOptions(place: string, { folder, account, spool, engines, clock }: PlaceOptions): SourceOptions {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(place)?.[1]?.toLowerCase();
  if (scheme !== undefined && !['file', 's3', 'abfss'].includes(scheme)) {
    throw new Failure(
      'ARGUMENT_INVALID',
      text`${value(place)} is not a valid location for a training set; expected something like ${safe('file:./sets/churn, s3://bucket/churn or abfss://container@account.dfs.core.windows.net/churn')}.`,
    );
  }
  return {
    name: place.split('?', 1)[0] ?? place,
    url: scheme === undefined ? `file:${place}` : place,
    ...(account === null ? {} : { account }),
    projectFolder: folder,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    statementTimeoutMs: IDLE_TIMEOUT_MS,
    poolMax: 1,
    memoryLimitMb: 0,
    fileLimitMb: 0,
    fileRowsMax: 0,
    decompressionRatioMax: 0,
    batchRows: 0,
    spool,
    engines,
    clock,
  };
}
