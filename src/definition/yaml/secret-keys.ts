// Keys of millrace.yaml with values that may be secrets. Messages do not show these values.

import type { KeyPath } from './problem.ts';

const SECRET = /^(?:url|bearer|smtp|hash)$|secret|password|passwd|token|authorization|key$/i;

/** Whether messages leave out the value of this key. The headers of a source often hold secrets, under any name. */
export function isSecretKey(path: KeyPath): boolean {
  const key = path.at(-1);
  return path.slice(0, -1).includes('headers') || (typeof key === 'string' && SECRET.test(key));
}
