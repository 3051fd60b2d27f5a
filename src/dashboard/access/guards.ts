// Checks that every request passes before it reaches a page: origin, login, and a state database that can be read.

import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { within } from '../../core/within.ts';
import type { Database } from '../../postgres/database.ts';
import { pendingMigrations } from '../../state/migrate.ts';
import { isStatePresent } from '../../state/queries/view-overview.ts';
import type { DashboardContext, DashboardEnv } from '../context.ts';
import { refuse } from '../pages/errors.ts';
import type { Access } from './access.ts';
import { type OriginRules, originProblem } from './origin.ts';
import { openRefusals } from './refusals.ts';

type Guard = MiddlewareHandler<DashboardEnv>;

/** Longer than any page needs; a browser would wait for minutes. */
const ANSWER_MS = 15_000;

export function ourOriginOnly(rules: OriginRules): Guard {
  return async (c, next) => {
    const problem = originProblem(c, rules);
    if (problem !== null) return refuse(c, 403, problem);
    return next();
  };
}

/** Postgres cannot store U+0000, so no name, id or filter contains it. */
export const withoutNul: Guard = async (c, next) => {
  if (c.req.url.includes('%00'))
    return refuse(c, 400, 'The URL contains U+0000, which is not allowed in names, ids and filters.');
  return next();
};

export function loggedIn(access: Access, { log, clock }: { log: Log; clock: Clock }): Guard {
  const logRefusal = openRefusals(log, clock);
  return async (c, next) => {
    const address = getConnInfo(c).remote.address ?? '';
    const authorization = c.req.header('authorization') ?? null;
    const headers = (name: string) => c.env.incoming.headersDistinct[name] ?? [];
    const answer = await access.viewerOf({ address, authorization, headers });
    if (answer.viewer === null) {
      if (authorization !== null) logRefusal({ address, status: answer.status });
      if (answer.status === 429) c.header('retry-after', '60');
      else if (access.hasPasswords) c.header('www-authenticate', 'Basic realm="Millrace", charset="UTF-8"');
      return refuse(c, answer.status, answer.sentence);
    }
    c.set('viewer', answer.viewer);
    return next();
  };
}

/** Shows the outcome of a form on the page that it redirects to. */
export function withNotice({ notices }: DashboardContext): Guard {
  return async (c, next) => {
    const token = c.req.query('notice');
    c.set('notice', token === undefined ? null : notices.of(token));
    return next();
  };
}

/** A server that hangs never refuses the connection, so the wait has a limit. */
export function answeredInTime(clock: Clock): Guard {
  return async (c, next) => {
    if ((await within({ clock, limitMs: ANSWER_MS }, next(), () => 'late')) !== 'late') return;
    const sentence = `The page took longer than ${ANSWER_MS / 1_000} s: Postgres or Redis is slow or not responding.`;
    return refuse(c, 503, sentence);
  };
}

/** Pages read tables that an empty or older database does not have. */
export function stateThere(database: Database): Guard {
  let isThere = false;
  return async (c, next) => {
    const isPage = !c.req.path.startsWith('/assets/') && !c.req.path.startsWith('/queues');
    if (!isThere && isPage) {
      if (!(await isStatePresent(database))) {
        return refuse(c, 503, 'No definitions are deployed yet: run "millrace apply" or start a scheduler.');
      }
      if ((await pendingMigrations(database)).length > 0) {
        return refuse(
          c,
          503,
          'The state database is from an earlier release: run "millrace migrate" or start a scheduler.',
        );
      }
      isThere = true;
    }
    return next();
  };
}
