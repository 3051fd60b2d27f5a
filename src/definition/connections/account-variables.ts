// What the environment says about accounts at object stores, under the names that their own tools use: read here, so that a
// `.env` and NAME_FILE count as for every other variable. What is not here, a store's SDK looks for itself.

import { type Environment, variable } from './environment.ts';

const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  s3: [
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_PROFILE',
  ],
  abfss: [
    'AZURE_STORAGE_CONNECTION_STRING',
    'AZURE_STORAGE_KEY',
    'AZURE_STORAGE_SAS_TOKEN',
    'AZURE_TENANT_ID',
    'AZURE_CLIENT_ID',
    'AZURE_CLIENT_SECRET',
  ],
};

/** Those that the store of a URL knows; none where it is no object store. */
export function accountVariableNames(url: string): readonly string[] {
  return VARIABLES[url.split(':', 1)[0]?.toLowerCase() ?? ''] ?? [];
}

/** Those of a URL's store that are set; null where the URL is of no object store. */
export async function accountVariables(url: string, env: Environment): Promise<Environment | null> {
  const names = accountVariableNames(url);
  if (names.length === 0) return null;
  const found: [string, string][] = [];
  for (const name of names) {
    const value = await variable(env, name);
    if (value !== null) found.push([name, value]);
  }
  return Object.fromEntries(found);
}
