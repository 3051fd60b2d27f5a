// Why units of a view are not covered: its runs and its history. Reads only.

import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges, rangeLiteral } from '../../postgres/range.ts';
import type { SkipNote } from '../events.ts';
import { IS_REDACTED, redactError, type ViewRedaction } from '../redaction.ts';
import { type RunError, type StoredError, shortError } from '../runs/run-error.ts';
import { IN, type RunState } from '../runs/states.ts';
import { redactWait, shortWait, type Wait } from '../runs/wait.ts';
import { SPANS_LISTED_MAX } from './span-set.ts';

/** A run over a span: open, failed or cancelled. */
export type SpanRun = {
  readonly id: number;
  readonly span: Interval;
  readonly state: RunState;
  /** What an open run waits for, if no worker has it. */
  readonly wait: Wait | null;
  readonly error: RunError | null;
};

export type IntervalFacts = {
  /** Planned and active runs, oldest first. */
  readonly open: readonly SpanRun[];
  /** Failed and cancelled runs over spans that are held now, newest first. */
  readonly givenUp: readonly SpanRun[];
  /** Why spans were skipped, newest first. */
  readonly skipped: readonly SkippedSpan[];
};

/** `why` is null if an earlier release did not record it. */
export type SkippedSpan = { readonly span: Interval; readonly why: SkipNote | null };

/** More than an operator reads. */
const ROWS_MAX = 10_000;

/** For a part of the view's time; the first rows if there are too many. */
export async function intervalFacts(database: Database, view: string, range: Interval): Promise<IntervalFacts> {
  return {
    open: await spanRuns(database, OPEN, { view, range }),
    givenUp: await spanRuns(database, GIVEN_UP, { view, range }),
    skipped: await skippedSpans(database, { view, range }),
  };
}

const OPEN = `r.state ${IN.unstored} order by r.id`;
const GIVEN_UP = `r.state ${IN.retryable} and c.held && r.span order by r.id desc`;

type Asked = { readonly view: string; readonly range: Interval };

type SpanRow = Omit<SpanRun, 'span' | 'error'> &
  ViewRedaction & { readonly span: string; readonly error: StoredError | null };

async function spanRuns(database: Database, which: string, { view, range }: Asked): Promise<SpanRun[]> {
  const rows = await database.query<SpanRow>(
    `select r.id, r.span::text as span, r.state, case when r.owner is null then ${shortWait('r.waiting_for')} end as wait,
            ${shortError('r.error', 500)} as error, ${IS_REDACTED} as "isRedacted"
       from millrace.run r join millrace.view v on v.id = r.view_id join millrace.coverage c on c.view_id = v.id
      where v.name = $1 and r.span && $2::tstzrange and ${which} limit ${ROWS_MAX}`,
    [view, rangeLiteral(range)],
  );
  return rows.flatMap(({ span, isRedacted, ...row }) => {
    const error = row.error === null ? null : redactError(row.error, { isRedacted });
    const wait = redactWait(row.wait, { isRedacted });
    return parseRanges(span).map((whole) => ({ ...row, error, wait, span: whole }));
  });
}

async function skippedSpans(database: Database, { view, range }: Asked): Promise<SkippedSpan[]> {
  const rows = await database.query<{ span: string; why: SkipNote | null }>(
    `select (select string_agg(part::text, ',') from (
              select unnest(e.span * tstzmultirange($2::tstzrange)) as part limit ${SPANS_LISTED_MAX}) parts) as span, e.note as why
       from millrace.event e join millrace.view v on v.id = e.view_id join millrace.coverage c on c.view_id = v.id
      where v.name = $1 and e.kind = 'skipped' and e.span && c.skipped and e.span && $2::tstzrange order by e.id desc limit ${ROWS_MAX}`,
    [view, rangeLiteral(range)],
  );
  return rows.flatMap(({ span, why }) => parseRanges(span).map((part) => ({ span: part, why })));
}
