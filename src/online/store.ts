// The online store as its parts see it.

import type { Clock } from '../core/clock.ts';
import type { Redis } from '../redis/connection.ts';
import type { WritePace } from './writing/write-pace.ts';

export type OnlineStore = {
  readonly redis: Redis;
  /** The start of every key; several projects may share a server. */
  readonly prefix: string;
  /** Paces renewals and waits; decides nothing about data. */
  readonly clock: Clock;
  /** Without it, rows are written as fast as the store takes them. */
  readonly pace?: WritePace;
};
