// The environment of this process: the only file of the command line that reads it.

import type { Environment } from '../definition/connections/environment.ts';

export function processEnvironment(): Environment {
  return process.env;
}
