// How every operation is done: in one transaction with its audit row where it can be, and recorded also where it is refused.

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

/** A verb with its request: what its audit row says. */
export type Operation<Result> = Pick<AuditEntry, 'verb' | 'subject' | 'request'> & {
  /** What the row says of the result; null where nothing was done that is worth a row. */
  readonly resultOf: (result: Result) => AuditFacts | null;
  /** What it was about, where only the result tells. */
  readonly subjectOf?: (result: Result) => AuditSubject;
  /** The request, where only the result tells what of it may be recorded. */
  readonly requestOf?: (result: Result) => AuditFacts;
};

/** Does `work` and adds the audit row in one transaction. @throws what `work` throws; the row of a refusal is then on its own. */
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

/** Does `work`, which needs several transactions, and adds the audit row after it. @throws what `work` throws */
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

/** Without Postgres nothing was done, and nothing can be recorded. */
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
    // The refusal itself is what the caller has to know.
    log.warn('operation.unrecorded', { verb: entry.verb, message: messageOf(error) });
  }
}
