// A worker with four runs in parallel, in its own process. Prints `ready`, and ends when its parent does.

import { createInterface } from 'node:readline';
import { openApp } from '../../src/app.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Connections } from '../../src/definition/connections/connections.ts';
import { startProjectWorker } from '../../src/processes/processes.ts';

const connections: Connections = JSON.parse(process.env['MILLRACE_BENCH_ORDERS'] ?? '{}');
createInterface({ input: process.stdin }).once('close', () => process.exit(0));
const app = openApp({ folder: process.cwd(), connections, log: silentLog });
await startProjectWorker(app, { version: 'bench', concurrency: 4 });
process.stdout.write('ready\n');
