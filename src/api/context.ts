// What every route of the API receives: the stores, the clock, the queues, and the caller.

import type { HttpBindings } from '@hono/node-server';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { ApiLimits, ApiRole } from '../definition/connections/api-config.ts';
import type { Service } from '../definition/service.ts';
import type { FeatureView } from '../definition/view.ts';
import type { OnlineStore } from '../online/store.ts';
import type { Database } from '../postgres/database.ts';
import type { Queues } from '../queue/queues.ts';
import type { ApiMeasure } from './measure.ts';
import type { Room } from './memory/room.ts';
import type { Drains } from './push/drains.ts';
import type { InboxLimit } from './push/inbox-limit.ts';
import type { Waits } from './push/waits.ts';
import type { ViewCache } from './view-cache.ts';

/** The holder of a token; `name` is null without tokens. */
export type Caller = {
  readonly name: string | null;
  readonly role: ApiRole;
  /** The names and tags that limit the token to some views; null for all views. */
  readonly scope: readonly string[] | null;
  /** Whether the token's `views` include this one. */
  mayUse(view: Pick<FeatureView, 'name' | 'tags'>): boolean;
};

export type RequestBody = {
  /** The pieces as they arrive, once. @throws Problem BODY_TOO_LARGE, TOO_BUSY or REQUEST_INVALID */
  pieces(): AsyncGenerator<Uint8Array>;
  /** Frees the room of the body, which is no longer in memory. */
  free(): void;
};

export type ApiEnv = { Bindings: HttpBindings; Variables: { caller: Caller; body: RequestBody; stopped: AbortSignal } };

export type ApiContext = {
  readonly project: string;
  readonly version: string;
  /** For pushes and operations. */
  readonly database: Database;
  /** For reads, with a time limit for statements. */
  readonly reads: Database;
  readonly online: OnlineStore;
  readonly views: ViewCache;
  readonly services: ReadonlyMap<string, Service>;
  readonly limits: ApiLimits;
  /** The values of responses. */
  readonly cells: Room;
  readonly drains: Drains;
  readonly inboxLimit: InboxLimit;
  readonly waits: Waits;
  readonly measure: ApiMeasure;
  readonly clock: Clock;
  readonly log: Log;
  /** Connects to the queues. @throws Failure QUEUE_UNAVAILABLE or QUEUE_UNSAFE */
  readonly queues: () => Promise<Queues>;
};
