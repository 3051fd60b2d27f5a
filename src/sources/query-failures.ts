// Failures of queries, in the same words for every kind of database.

import { formatDuration } from '../core/duration.ts';
import { Failure, type FailureFacts } from '../core/failure.ts';
import { type Message, safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import type { SourceOptions } from './source.ts';

/** A source as messages name it, and its limits. */
export type QueriedSource = { readonly label: string; readonly options: Pick<SourceOptions, 'statementTimeoutMs'> };

/** `problem` continues "its query": `cannot be run: it has a FORMAT clause`. */
export function notOneSelect({ label }: QueriedSource, view: FeatureView, problem: string): Failure {
  const what = text`View ${safe(view.name)}: its query on ${safe(label)} ${safe(problem)}; expected one SELECT.`;
  return new Failure('SOURCE_QUERY', what, { view: view.name });
}

/** `problem` has the words of the server, and the place in the query. */
export function rejected(
  { label }: QueriedSource,
  { name }: FeatureView,
  problem: Message,
  facts: FailureFacts,
  cause: unknown,
): Failure {
  const what = text`View ${safe(name)}: ${safe(label)} rejected the query: ${problem}`;
  return new Failure('SOURCE_QUERY', what, { view: name, ...facts }, cause);
}

/** The server ended the query at its statement timeout. */
export function timedOut(
  { label, options }: QueriedSource,
  { name }: FeatureView,
  facts: FailureFacts,
  cause?: unknown,
): Failure {
  const limit = `${formatDuration(options.statementTimeoutMs)} (statement_timeout of the source in millrace.yaml)`;
  const what = text`View ${safe(name)}: ${safe(label)} stopped the query after ${safe(limit)}. Make the query faster, or raise the limit.`;
  return new Failure('SOURCE_QUERY', what, { view: name, ...facts }, cause);
}

/** For a redacted view: `code` instead of the server's message, which is not the cause either, because it may quote values. */
export function stoppedWithoutWords(
  { label }: QueriedSource,
  { name }: FeatureView,
  code: string,
  facts: FailureFacts,
): Failure {
  const what = text`View ${safe(name)}: ${safe(label)} stopped the query with ${safe(code)}. The server's message is not shown, because the view is redacted and the message may contain values.`;
  return new Failure('SOURCE_QUERY', what, { view: name, ...facts });
}

/** The columns of the query are not those that were described. */
export function columnsChanged({ label }: QueriedSource, { name }: FeatureView): Failure {
  const what = text`View ${safe(name)}: the columns of its query on ${safe(label)} changed during the read; the query will be retried.`;
  return new Failure('SOURCE_UNAVAILABLE', what, { view: name });
}
