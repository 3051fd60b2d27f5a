// What the parts of one declared query share.

import type { Declared } from '../declared.ts';
import type { Dialect } from './dialect.ts';

export type Scope = {
  readonly dialect: Dialect;
  readonly declared: Declared;
  /** The window of the scan; null for all rows before `end`. */
  readonly longestMs: number | null;
  /** The expressions of GROUP BY. */
  readonly group: string;
};
