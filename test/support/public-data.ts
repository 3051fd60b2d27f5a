// Public data sets that are not part of the repository: MILLRACE_TEST_DATA names the folder that holds them.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const PUBLIC_DATA_VARIABLE = 'MILLRACE_TEST_DATA';

/** The folder of public data sets, or null where the variable is not set. @throws Error where there is no such folder. */
export function publicDataFolder(): string | null {
  const folder = process.env[PUBLIC_DATA_VARIABLE];
  if (folder === undefined || folder === '') return null;
  if (existsSync(folder)) return folder;
  throw new Error(`${PUBLIC_DATA_VARIABLE} is ${folder}, and there is no such folder.`);
}

/** The folder of one data set, for `describe.skipIf(publicData('online-retail') === null)`; null where it is not there. */
export function publicData(name: string): string | null {
  const folder = publicDataFolder();
  return folder !== null && existsSync(join(folder, name)) ? join(folder, name) : null;
}
