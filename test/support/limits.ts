// The default limits of a source's connection.

import type { SourceLimits } from '../../src/definition/config.ts';

export function sourceLimits(changes: Partial<SourceLimits> = {}): SourceLimits {
  return {
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 1_800_000,
    idleTimeoutMs: 30_000,
    poolMax: 4,
    memoryLimitMb: 512,
    fileLimitMb: 4_096,
    fileRowsMax: 100_000_000,
    decompressionRatioMax: 200,
    ...changes,
  };
}
