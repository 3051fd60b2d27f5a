// The metrics of a long-running process.

import type { Metrics } from '../../observe/metrics/metrics.ts';
import { packageVersion } from '../version.ts';

export async function metricsOf(kind: string): Promise<Metrics> {
  // Imported here: a help page needs no metrics.
  const { openMetrics } = await import('../../observe/metrics/metrics.ts');
  return openMetrics({ kind, version: packageVersion() });
}
