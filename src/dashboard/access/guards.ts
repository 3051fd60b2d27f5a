// What a request passes before it gets to a page: where it comes from, who sends it, and whether there is anything to show.

import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Database } from '../../postgres/database.ts';
import { pendingMigrations } from '../../state/migrate.ts';
import { isStatePresent } from '../../state/queries/view-overview.ts';
import type { DashboardContext, DashboardEnv } from '../context.ts';
import { refuse } from '../pages/errors.ts';
import type { Access } from './access.ts';
import { type OriginRules, originProblem } from './origin.ts';
import { openRefusals } from './refusals.ts';

type Guard = MiddlewareHandler<DashboardEnv>;

/** Longer than any page takes; a browser would wait for minutes. */
const ANSWER_MS = 15_000;

export function ourOriginOnly(rules: OriginRules): Guard {
  return async (c, next) => {
    const problem = originProblem(c, rules);
    if (problem !== null) return refuse(c, 403, problem);
    return next();
  };
}

/** Postgres knows no U+0000: no name, id or filter holds one. */
export const withoutNul: Guard = async (c, next) => {
  if (c.req.url.includes('%00')) return refuse(c, 400, 'The address holds U+0000, which no name, id or filter has.');
  return next();
};

export function loggedIn(access: Access, { log, clock }: { log: Log; clock: Clock }): Guard {
  const told = openRefusals(log, clock);
  return async (c, next) => {
    const address = getConnInfo(c).remote.address ?? '';
    const authorization = c.req.header('authorization') ?? null;
    const headers = (name: string) => c.env.incoming.headersDistinct[name] ?? [];
    const answer = await access.viewerOf({ address, authorization, headers });
    if (answer.viewer === null) {
      if (authorization !== null) told({ address, status: answer.status });
      if (answer.status === 429) c.header('retry-after', '60');
      else if (access.hasPasswords) c.header('www-authenticate', 'Basic realm="Millrace", charset="UTF-8"');
      return refuse(c, answer.status, answer.sentence);
    }
    c.set('viewer', answer.viewer);
    return next();
  };
}

/** What has just been done is told on the page that its form leads to. */
export function told({ notices }: DashboardContext): Guard {
  return async (c, next) => {
    const token = c.req.query('notice');
    c.set('notice', token === undefined ? null : notices.of(token));
    return next();
  };
}

/** A server that is frozen answers neither yes nor no: whoever looks is told so. */
export function answeredInTime(clock: Clock): Guard {
  return async (c, next) => {
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    using _limit = clock.after(ANSWER_MS, () => resolve('late'));
    if ((await Promise.race([next(), late])) !== 'late') return;
    const sentence = `The page was not ready within ${ANSWER_MS / 1_000} s: Postgres or Redis is slow, or does not answer.`;
    return refuse(c, 503, sentence);
  };
}

/** Pages read tables, which an empty or an older database lacks. */
export function stateThere(database: Database): Guard {
  let isThere = false;
  return async (c, next) => {
    const isPage = !c.req.path.startsWith('/assets/') && !c.req.path.startsWith('/queues');
    if (!isThere && isPage) {
      if (!(await isStatePresent(database))) {
        return refuse(c, 503, 'Nothing has been applied yet: run "millrace apply", or start a scheduler.');
      }
      if ((await pendingMigrations(database)).length > 0) {
        return refuse(c, 503, 'The state is that of an earlier release: run "millrace migrate", or start a scheduler.');
      }
      isThere = true;
    }
    return next();
  };
}
