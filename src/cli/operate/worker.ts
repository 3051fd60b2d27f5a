// millrace worker: performs runs. Any number may run.

import { addCommand, type Cli, end, wholeNumber } from '../command.ts';
import { packageVersion } from '../version.ts';
import { type ServeOptions, serve } from './serve.ts';

type WorkerOptions = ServeOptions & { readonly concurrency: number };

export function addWorker(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'worker',
    summary: 'perform the runs that are planned',
    notes: ['Any number may run.', 'SIGTERM gives back what it is doing: another worker goes on where it was.'],
    hasJson: false,
    examples: ['worker --concurrency 8', 'worker --health-port 8080 --health-host 0.0.0.0'],
  })
    .option('--concurrency <n>', 'runs at once', wholeNumber(1, 64), 4)
    .option('--health-port <n>', 'answer /health/live, /health/ready and /metrics on this port', wholeNumber(1, 65_535))
    .option('--health-host <host>', 'and on this address (default: 127.0.0.1)')
    .option('--no-metrics', 'do not answer /metrics on the health port')
    .action((options: WorkerOptions) =>
      end(
        cli,
        serve(cli, options, {
          kind: 'worker',
          start: async ({ app }) => {
            const { startProjectWorker } = await import('../../processes.ts');
            return startProjectWorker(app, { version: packageVersion(), concurrency: options.concurrency });
          },
        }),
      ),
    );
}
