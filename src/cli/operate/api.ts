// millrace api: serves features to programs, accepts pushed rows, and manages views over HTTP.

import type { TlsFiles } from '../../api/tls.ts';
import { formatInstant } from '../../core/instant.ts';
import type { Log } from '../../core/log.ts';
import { type ApiTls, resolveApi } from '../../definition/connections/api-config.ts';
import type { Project } from '../../definition/project.ts';
import { poolSamples } from '../../processes/pool-metrics.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject } from '../open.ts';
import { packageVersion, versionFacts } from '../version.ts';
import { addServedAt, type ServedAt } from './address.ts';
import { addApiToken } from './api-token.ts';
import { aborted, openObserved } from './observed.ts';

type ApiCommandOptions = CommonOptions & ServedAt;

/** The default address. */
export const API_HOST = '127.0.0.1';
export const API_PORT = 8_000;
const EXPIRES_SOON_MS = 14 * 24 * 3_600_000;

export function addApi(cli: Cli): void {
  const api = addCommand(cli.program, {
    usage: 'api',
    summary: 'Serve features and accept pushed rows over HTTP',
    notes: [
      'Without tokens, the API is read-only and listens only on this machine. Create a',
      'token with "millrace api token", and add the hash to api.tokens in',
      'millrace.yaml. The routes are documented at /api/v1/docs.',
    ],
    hasJson: false,
    examples: ['api', 'api --host 0.0.0.0 --port 8080', 'api token'],
  });
  addServedAt(api, { host: API_HOST, port: API_PORT }).action((options: ApiCommandOptions) =>
    end(cli, serveApi(cli, options)),
  );
  addApiToken(cli, api);
}

async function serveApi(cli: Cli, options: ApiCommandOptions): Promise<ExitCode> {
  using observed = await openObserved(cli, { kind: 'api', debug: options.debug, metrics: options.metrics });
  const { log, metrics, signal } = observed;
  await using open = await openProject(cli, options, { log });
  const { app, project } = open;
  metrics?.beforeAnswer(() => poolSamples(app).forEach(metrics.set));
  const { startProjectApi } = await import('../../processes/processes.ts');
  const access = await resolveApi(project.config.api, project.env);
  const { host, port } = options;
  await using api = await startProjectApi(app, project, {
    project: project.project,
    version: packageVersion(),
    access,
    ...(access.tls === null ? {} : { tls: await tlsOf(cli, project, access.tls, log) }),
    host,
    port,
    ...(metrics === null ? {} : { metrics }),
  });
  log.info('api.started', { project: project.project, url: api.url, ...versionFacts() });
  await aborted(signal);
  log.info('api.stopping');
  return DONE;
}

/** Reads the files of `api.tls`, and warns before they expire. */
async function tlsOf({ clock }: Cli, { folder }: Project, tls: ApiTls, log: Log): Promise<TlsFiles> {
  const { readTls } = await import('../../api/tls.ts');
  const files = await readTls(folder, tls, clock.now());
  if (files.expires - clock.now() < EXPIRES_SOON_MS)
    log.warn('api.certificate_expiring', { file: tls.cert, expires: formatInstant(files.expires) });
  return files;
}
