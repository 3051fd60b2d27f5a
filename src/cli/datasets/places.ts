// The places that the commands of training sets write to and read from.

import type { PlaceOptions } from '../../datasets/open-target.ts';
import { accountVariables } from '../../definition/connections/account-variables.ts';
import type { OpenProject } from '../open.ts';

/** Relative places start from the folder of millrace.yaml; accounts come from the environment, as for sources. */
export async function placeOptions({ app, project }: OpenProject, place: string): Promise<PlaceOptions> {
  const { spool, engines, clock } = app;
  return { folder: project.folder, account: await accountVariables(place, project.env), spool, engines, clock };
}
