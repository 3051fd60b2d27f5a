// Environment variables for accounts at object stores, with the names that the stores' own tools use. They are read here so
// that `.env` and NAME_FILE work as for every other variable. The SDKs find all other credentials.

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

/** The variables of a URL's object store; empty for other URLs. */
export function accountVariableNames(url: string): readonly string[] {
  return VARIABLES[url.split(':', 1)[0]?.toLowerCase() ?? ''] ?? [];
}

/** The variables of a URL's object store that are set; null for other URLs. */
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
