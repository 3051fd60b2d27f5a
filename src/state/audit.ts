// The audit log: who requested what and when, and the outcome.

import type { Actor, ActorRole } from '../core/actor.ts';
import type { FailureCode } from '../core/failure.ts';
import type { EpochMs } from '../core/instant.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { MS } from './queries/run-overview.ts';

export const VERBS = [
  'run',
  'push',
  'retry',
  'pause',
  'resume',
  'backfill.start',
  'backfill.pause',
  'backfill.resume',
  'backfill.cancel',
  'restate',
  'rebuild',
  'apply',
] as const;
export type Verb = (typeof VERBS)[number];

/** Names, ids, times and counts; never values of rows. */
export type AuditFacts = Readonly<Record<string, unknown>>;

/** The subject of an operation; the row lists the views involved. */
export type AuditSubject = {
  readonly views?: readonly string[];
  readonly runs?: readonly number[];
  readonly backfill?: number;
};

export type AuditEntry = {
  readonly actor: Actor;
  readonly verb: Verb;
  readonly subject: AuditSubject;
  readonly request: AuditFacts;
  readonly outcome: { readonly result: AuditFacts } | { readonly failure: FailureCode };
};

/** Adds a row, in the operation's transaction if a session is given. Unknown view names are left out of `views`. */
export async function addAudit(database: Database | Session, entry: AuditEntry): Promise<void> {
  const { actor, verb, subject, request, outcome } = entry;
  await database.run(
    `insert into millrace.audit (actor_kind, actor_name, actor_role, verb, views, request, result, failure)
     select $1, $2, $3, $4,
            coalesce((select array_agg(v.name order by v.name) from millrace.view v
                       where v.name = any($5) or v.id in (select view_id from millrace.run where id = any($6))
                          or v.id = (select view_id from millrace.backfill where id = $7)), '{}'),
            $8::jsonb, $9::jsonb, $10`,
    [
      actor.kind,
      actor.name,
      actor.kind === 'dashboard' ? actor.role : null,
      verb,
      subject.views ?? [],
      subject.runs ?? [],
      subject.backfill ?? null,
      JSON.stringify(request),
      'result' in outcome ? JSON.stringify(outcome.result) : null,
      'failure' in outcome ? outcome.failure : null,
    ],
  );
}

export type AuditRow = {
  readonly id: number;
  readonly at: EpochMs;
  readonly actorKind: Actor['kind'];
  readonly actorName: string | null;
  readonly actorRole: ActorRole | null;
  readonly verb: Verb;
  readonly views: readonly string[];
  readonly request: AuditFacts;
  readonly result: AuditFacts | null;
  readonly failure: FailureCode | null;
};

export type AuditPage = {
  readonly view: string | null;
  /** Only rows before this one. */
  readonly before: number | null;
  readonly limit: number;
};

/** The operations of a page, newest first. */
export async function auditPage(database: Database, { view, before, limit }: AuditPage): Promise<AuditRow[]> {
  return database.query<AuditRow>(
    `select id, ${MS('at')} as at, actor_kind as "actorKind", actor_name as "actorName", actor_role as "actorRole",
            verb, to_jsonb(views) as views, request, result, failure
       from millrace.audit
      where ($1::text is null or views @> array[$1::text]) and ($2::bigint is null or id < $2)
      order by id desc limit $3`,
    [view, before, limit],
  );
}
