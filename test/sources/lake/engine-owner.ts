// A process for a test to kill: its engine runs an endless query. Prints the id of the engine's process.

import { startEngineProcess } from '../../../src/sources/lake/engine/process.ts';

const engine = startEngineProcess();
await engine.ask({ do: 'open', memoryLimitMb: 256, paths: [] });
await engine.ask({
  do: 'prepare',
  query: 'select count(*) from range(100000000) a, range(100000000) b',
  zeros: 'keep',
});
engine.send({ do: 'read', batchRows: 10 });
process.stdout.write(`${engine.pid}\n`);
await engine.next();
