// Millrace: the engine of one worker in its own process, with all of its checks, records and guards.

import { fileURLToPath } from 'node:url';
import { openLineProcess } from './line-process.ts';
import type { OpenRival } from './rival.ts';

const WORKER = fileURLToPath(new URL('millrace-process.ts', import.meta.url));

export const openMillrace: OpenRival = async (servers, compared) => {
  const orders = JSON.stringify({ servers, compared });
  const worker = openLineProcess(process.execPath, [...process.execArgv, WORKER], {
    environment: { MILLRACE_BENCH_ORDERS: orders },
  });
  await worker.ask({ do: 'prepare' });
  return {
    name: 'millrace',
    pid: worker.pid,
    load: async () => {
      await worker.ask({ do: 'load' });
      return 0;
    },
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
};
