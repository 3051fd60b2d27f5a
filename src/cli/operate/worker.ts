// millrace worker: performs runs. Any number of workers may run.

import { addCommand, type Cli, end, wholeNumber } from '../command.ts';
import { packageVersion } from '../version.ts';
import { type ServeOptions, serve } from './serve.ts';

type WorkerOptions = ServeOptions & { readonly concurrency: number };

export function addWorker(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'worker',
    summary: 'Execute planned runs',
    notes: [
      'You can run any number of workers.',
      'On SIGTERM, a worker releases its runs, and other workers continue them.',
    ],
    hasJson: false,
    examples: ['worker --concurrency 8', 'worker --health-port 8080 --health-host 0.0.0.0'],
  })
    .option(
      '--concurrency <n>',
      'Execute up to this many runs, and as many backfill chunks, in parallel',
      wholeNumber(1, 64),
      4,
    )
    .option('--health-port <n>', 'Serve /health/live, /health/ready and /metrics on this port', wholeNumber(1, 65_535))
    .option('--health-host <host>', 'Listen on this address for --health-port (default: 127.0.0.1)')
    .option('--no-metrics', 'Do not serve /metrics on the health port')
    .action((options: WorkerOptions) =>
      end(
        cli,
        serve(cli, options, {
          kind: 'worker',
          start: async ({ app }) => {
            const { startProjectWorker } = await import('../../processes/processes.ts');
            return startProjectWorker(app, { version: packageVersion(), concurrency: options.concurrency });
          },
        }),
      ),
    );
}
