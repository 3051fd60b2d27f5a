// What every page of the dashboard receives: the state database, the clock, the queues, and the viewer.

import type { HttpBindings } from '@hono/node-server';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Database } from '../postgres/database.ts';
import type { Queues } from '../queue/queues.ts';
import type { ReadEntity } from './entities/entity-rows.ts';
import type { Notices } from './notices.ts';

/** Viewers read; operators also retry, pause, resume and cancel. */
export type Role = 'viewer' | 'operator';

/** The logged-in user; `name` is null without a login. */
export type Viewer = { readonly name: string | null; readonly role: Role };

/** Text for a page, escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Request variables: `c.get('viewer')`, and the notice of the last action, if any. */
export type DashboardEnv = { Bindings: HttpBindings; Variables: { viewer: Viewer; notice: string | null } };

export type DashboardContext = {
  readonly project: string;
  readonly version: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Connects to the queues. @throws Failure QUEUE_UNAVAILABLE or QUEUE_UNSAFE */
  readonly queues: () => Promise<Queues>;
  readonly notices: Notices;
  /** Reads an entity from both stores; absent: the page finds no rows. */
  readonly readEntity?: ReadEntity;
};
