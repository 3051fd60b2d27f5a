// What the keys of one view mean together. Every rule looks only at keys that are right by themselves, so that a file
// with several mistakes shows all of them at once.

import { featureFindings } from './feature-rules.ts';
import { filesFindings } from './files-rules.ts';
import type { Finding, ViewDraft } from './finding.ts';
import { queryFindings } from './query-rules.ts';
import { timeFindings } from './time-rules.ts';

/** Everything that the rules find in one view. */
export function viewFindings(draft: ViewDraft): Finding[] {
  return [timeFindings, featureFindings, queryFindings, filesFindings].flatMap((rule) => rule(draft));
}
