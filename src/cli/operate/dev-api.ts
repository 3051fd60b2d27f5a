// An HTTP API for this machine only, read-only and without tokens: for `quickstart --stay`.

import type { Api } from '../../api/server.ts';
import type { App } from '../../app.ts';
import { Failure } from '../../core/failure.ts';
import { NO_TOKENS } from '../../definition/connections/api-config.ts';
import type { Project } from '../../definition/project.ts';
import { packageVersion } from '../version.ts';
import { API_HOST, API_PORT } from './api.ts';

/** Starts one on the usual port, or on any free port if it is taken. */
export async function startOwnApi(app: App, project: Project): Promise<Api> {
  const { startProjectApi } = await import('../../processes/processes.ts');
  const start = (port: number) =>
    startProjectApi(app, project, {
      project: project.project,
      version: packageVersion(),
      access: NO_TOKENS,
      host: API_HOST,
      port,
    });
  return start(API_PORT).catch((thrown: unknown) => {
    if (thrown instanceof Failure && thrown.code === 'ARGUMENT_INVALID') return start(0);
    throw thrown;
  });
}
