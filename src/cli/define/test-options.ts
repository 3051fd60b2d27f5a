// The options of millrace test.

import type { EpochMs } from '../../core/instant.ts';
import type { CommonOptions } from '../command.ts';

export type TestOptions = CommonOptions & {
  readonly watch: boolean;
  readonly junit?: string;
  readonly record?: string;
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  readonly rows: number;
};
