// millrace scheduler: plans runs on schedule and repairs the stores. Any number may run; one is elected.

import { addCommand, type Cli, end, wholeNumber } from '../command.ts';
import { packageVersion } from '../version.ts';
import { type ServeOptions, serve } from './serve.ts';

export function addScheduler(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'scheduler',
    summary: 'Plan runs according to the schedules in jobs/',
    notes: [
      'You can run several schedulers; one is elected leader and does the work.',
      'Each scheduler deploys its definitions when it starts, unless newer ones are',
      'already deployed, and always uses the most recently deployed jobs.',
    ],
    hasJson: false,
    examples: ['scheduler', 'scheduler --health-port 8080 --health-host 0.0.0.0'],
  })
    .option('--health-port <n>', 'Serve /health/live, /health/ready and /metrics on this port', wholeNumber(1, 65_535))
    .option('--health-host <host>', 'Listen on this address for --health-port (default: 127.0.0.1)')
    .option('--no-metrics', 'Do not serve /metrics on the health port')
    .action((options: ServeOptions) =>
      end(
        cli,
        serve(cli, options, {
          kind: 'scheduler',
          start: async ({ app, project }, starting) => {
            const { startProjectScheduler } = await import('../../processes/processes.ts');
            const { alertingOf } = await import('../../processes/alerting.ts');
            const alerting = await alertingOf(project);
            const { retentionMs } = project.config;
            const options = { version: packageVersion(), alerting, retentionMs, ...starting };
            return startProjectScheduler(app, project, options);
          },
        }),
      ),
    );
}
