// The pools of a process as gauges.

import type { App } from '../app.ts';
import type { Sample } from '../observe/metrics/metrics.ts';

export function poolSamples({ database, publisher: { leases } }: Pick<App, 'database' | 'publisher'>): Sample[] {
  return Object.entries({ state: database, leases }).flatMap(([pool, { connections }]) => {
    const { max, ...states } = connections();
    return [
      { name: 'millrace_pool_connections_max', labels: { pool }, value: max },
      ...Object.entries(states).map(
        ([state, value]): Sample => ({ name: 'millrace_pool_connections', labels: { pool, state }, value }),
      ),
    ];
  });
}
