// millrace scheduler: ticks, schedules and repairs. Any number may run; one is elected.

import { addCommand, type Cli, end, wholeNumber } from '../command.ts';
import { packageVersion } from '../version.ts';
import { type ServeOptions, serve } from './serve.ts';

export function addScheduler(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'scheduler',
    summary: 'plan runs on the schedules of jobs/',
    notes: [
      'Any number may run; one is elected.',
      'It deploys its definitions when it starts, unless they are older than what is',
      'deployed; jobs are scheduled as they were deployed last, by "millrace apply" or',
      'by another scheduler.',
    ],
    hasJson: false,
    examples: ['scheduler', 'scheduler --health-port 8080 --health-host 0.0.0.0'],
  })
    .option('--health-port <n>', 'answer /health/live, /health/ready and /metrics on this port', wholeNumber(1, 65_535))
    .option('--health-host <host>', 'and on this address (default: 127.0.0.1)')
    .option('--no-metrics', 'do not answer /metrics on the health port')
    .action((options: ServeOptions) =>
      end(
        cli,
        serve(cli, options, {
          kind: 'scheduler',
          start: async ({ app, project }, starting) => {
            const { startProjectScheduler } = await import('../../processes.ts');
            const { alertingOf } = await import('../../alerting.ts');
            const alerting = await alertingOf(project);
            const { retentionMs } = project.config;
            const options = { version: packageVersion(), alerting, retentionMs, ...starting };
            return startProjectScheduler(app, project, options);
          },
        }),
      ),
    );
}
