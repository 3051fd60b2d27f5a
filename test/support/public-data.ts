// Public data sets that are not in the repository: MILLRACE_TEST_DATA is their folder.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const PUBLIC_DATA_VARIABLE = 'MILLRACE_TEST_DATA';

/** The folder of public data sets, or null if the variable is not set. @throws Error if the folder does not exist. */
export function publicDataFolder(): string | null {
  const folder = process.env[PUBLIC_DATA_VARIABLE];
  if (folder === undefined || folder === '') return null;
  if (existsSync(folder)) return folder;
  throw new Error(`${PUBLIC_DATA_VARIABLE} is ${folder}, and there is no such folder.`);
}

/**
 * The folder of one data set, for `describe.skipIf(publicData('online-retail') === null)`; null if it does not exist.
 */
export function publicData(name: string): string | null {
  const folder = publicDataFolder();
  return folder !== null && existsSync(join(folder, name)) ? join(folder, name) : null;
}
