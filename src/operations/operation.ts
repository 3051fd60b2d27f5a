// Running and auditing operations. The audit row is written in the same transaction where possible; refusals are recorded too.

import type { Actor } from '../core/actor.ts';
import { Failure, type FailureCode, messageOf } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { Queues } from '../queue/queues.ts';
import { type AuditEntry, type AuditFacts, type AuditSubject, addAudit } from '../state/audit.ts';

export type OperationDeps = {
  readonly database: Database;
  readonly log: Log;
  /** Calls `work` with the queues. @throws Failure QUEUE_UNAVAILABLE, QUEUE_DENIED or QUEUE_UNSAFE, or what `work` throws. */
  withQueues<T>(work: (queues: Queues) => Promise<T>): Promise<T>;
};

type RecordDeps = Pick<OperationDeps, 'database' | 'log'>;

/** A verb with its request, and the contents of its audit row. */
export type Operation<Result> = Pick<AuditEntry, 'verb' | 'subject' | 'request'> & {
  /** The facts about the result for the row; null if nothing worth recording was done. */
  readonly resultOf: (result: Result) => AuditFacts | null;
  /** The subject, if it depends on the result. */
  readonly subjectOf?: (result: Result) => AuditSubject;
  /** The request, if the result decides which parts of it may be recorded. */
  readonly requestOf?: (result: Result) => AuditFacts;
};

/** Does `work` and adds the audit row in one transaction; a refusal is recorded separately. @throws as `work` */
export async function inOneStep<Result>(
  deps: RecordDeps,
  actor: Actor,
  operation: Operation<Result>,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  return recorded(deps, actor, operation, () =>
    deps.database.transaction(async (session) => {
      const result = await work(session);
      await addDone(session, actor, operation, result);
      return result;
    }),
  );
}

/** Does `work`, which needs several transactions, and then adds the audit row. @throws as `work` */
export async function inSteps<Result>(
  deps: RecordDeps,
  actor: Actor,
  operation: Operation<Result>,
  work: () => Promise<Result>,
): Promise<Result> {
  return recorded(deps, actor, operation, async () => {
    const result = await work();
    await addDone(deps.database, actor, operation, result);
    return result;
  });
}

async function addDone<Result>(
  where: Database | Session,
  actor: Actor,
  { verb, resultOf, ...operation }: Operation<Result>,
  result: Result,
): Promise<void> {
  const facts = resultOf(result);
  if (facts === null) return;
  const subject = operation.subjectOf?.(result) ?? operation.subject;
  const request = operation.requestOf?.(result) ?? operation.request;
  await addAudit(where, { verb, request, subject, actor, outcome: { result: facts } });
}

async function recorded<Result>(
  { database, log }: RecordDeps,
  actor: Actor,
  { verb, subject, request, resultOf }: Operation<Result>,
  work: () => Promise<Result>,
): Promise<Result> {
  const facts = { verb, actor: actor.name, kind: actor.kind };
  try {
    const result = await work();
    const done = resultOf(result);
    if (done !== null) log.info('operation.done', facts);
    return result;
  } catch (thrown) {
    const failure = thrown instanceof Failure ? thrown.code : 'BUG';
    log.info('operation.refused', { ...facts, code: failure });
    await addRefusal(database, log, { verb, subject, request, actor, outcome: { failure } });
    throw thrown;
  }
}

/** Without Postgres, nothing was done and nothing can be recorded. */
const UNRECORDABLE: readonly FailureCode[] = ['OFFLINE_UNAVAILABLE', 'OFFLINE_DENIED'];

async function addRefusal(
  database: Database,
  log: Log,
  entry: AuditEntry & { readonly outcome: { readonly failure: FailureCode } },
): Promise<void> {
  if (UNRECORDABLE.includes(entry.outcome.failure)) return;
  try {
    await addAudit(database, entry);
  } catch (error) {
    // The caller needs to know the refusal, not this error.
    log.warn('operation.unrecorded', { verb: entry.verb, message: messageOf(error) });
  }
}
