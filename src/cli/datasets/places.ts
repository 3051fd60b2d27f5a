// Where the `dataset` commands read and write training sets.

import type { PlaceOptions } from '../../datasets/targets/open-target.ts';
import { accountVariables } from '../../definition/connections/account-variables.ts';
import type { OpenProject } from '../open.ts';

/** Paths are relative to the folder of millrace.yaml. Accounts come from the environment, as for sources. */
export async function placeOptions({ app, project }: OpenProject, place: string): Promise<PlaceOptions> {
  const { spool, engines, clock } = app;
  return { folder: project.folder, account: await accountVariables(place, project.env), spool, engines, clock };
}
