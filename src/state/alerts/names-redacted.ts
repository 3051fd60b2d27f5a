// Whether a stored message names a view that is redacted now. It may not have been when the text was written.

import { IS_REDACTED } from '../redaction.ts';

/** Of message `m`, as SQL. Counts quote no values; other conditions may quote a run's error. */
export const NAMES_REDACTED = `m.body->'rule'->>'when' is distinct from 'refused_share' and exists (
  select from json_array_elements(m.body->'views') one join millrace.view v on v.name = one->>'name' where ${IS_REDACTED})`;
