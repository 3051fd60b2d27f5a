// What the pages of the dashboard are given: the record, the clock, the way to the queues, and who is looking.

import type { HttpBindings } from '@hono/node-server';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Database } from '../postgres/database.ts';
import type { Queues } from '../queue/queues.ts';
import type { Notices } from './notices.ts';

/** Viewers read; operators also retry, pause, resume and cancel. */
export type Role = 'viewer' | 'operator';

/** Who is looking. Without a login nobody has a name. */
export type Viewer = { readonly name: string | null; readonly role: Role };

/** Text for a page, escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** What each request carries: `c.get('viewer')`, and what has just been done for them, if anything. */
export type DashboardEnv = { Bindings: HttpBindings; Variables: { viewer: Viewer; notice: string | null } };

export type DashboardContext = {
  readonly project: string;
  readonly version: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Connects to the queues, or says why not. @throws Failure QUEUE_UNAVAILABLE or QUEUE_UNSAFE */
  readonly queues: () => Promise<Queues>;
  readonly notices: Notices;
};
