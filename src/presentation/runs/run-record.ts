// A run whose details were deleted after the retention period.

import type { RunRecord } from '../../state/retention/run-record.ts';
import { counted, shortSpan, utcText } from '../format.ts';

export function recordSentence({ id, view, span, rows, committedAt }: RunRecord): string {
  const of = span === null ? '' : ` for ${shortSpan(span)}`;
  return `Run ${id} of ${view}${of} stored ${counted(rows, 'row')} at ${utcText(committedAt)}. Its details were deleted after the retention period.`;
}
