// The offline store as a source: incremental views combine their partial aggregates there.

import type { Connections } from '../definition/connections/connections.ts';
import { openSource } from './index.ts';
import type { Source, SourceOptions } from './source.ts';

/** As the defaults of a source. It has no files. */
const LIMITS = {
  statementTimeoutMs: 1_800_000,
  idleTimeoutMs: 60_000,
  memoryLimitMb: 0,
  fileLimitMb: 0,
  fileRowsMax: 0,
  decompressionRatioMax: 0,
};

type PartsOptions = Pick<
  SourceOptions,
  'connectTimeoutMs' | 'poolMax' | 'projectFolder' | 'batchRows' | 'spool' | 'engines' | 'clock'
>;

/** Opens it without connecting. */
export function openPartsSource({ offline }: Connections, options: PartsOptions): Source {
  return openSource({ ...options, ...LIMITS, ...offline, name: 'offline store' });
}
