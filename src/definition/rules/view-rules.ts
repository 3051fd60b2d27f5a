// Rules about several keys of one view. They look only at keys with valid values, so that a file with several mistakes
// reports all of them together.

import { checkFindings } from './check-rules.ts';
import { declaredFindings } from './declared-rules.ts';
import { entityFindings } from './entity-rules.ts';
import { featureFindings } from './feature-rules.ts';
import { filesFindings } from './files/files-rules.ts';
import type { Finding, ViewDraft } from './finding.ts';
import { incrementalFindings } from './incremental-rules.ts';
import { keysFindings } from './keys-rules.ts';
import { pivotFindings } from './pivot-rules.ts';
import { pushedFindings } from './pushed-rules.ts';
import { queryFindings } from './query-rules.ts';
import { ageFindings, timeFindings } from './time-rules.ts';

/** All findings of the rules in one view. */
export function viewFindings(draft: ViewDraft): Finding[] {
  const isPushed = draft.sound.kind === 'pushed';
  const rules = isPushed
    ? [pushedFindings, ageFindings, entityFindings, featureFindings, checkFindings]
    : [
        ...[timeFindings, entityFindings, featureFindings, queryFindings, pivotFindings],
        ...[declaredFindings, incrementalFindings, filesFindings, keysFindings, checkFindings],
      ];
  return rules.flatMap((rule) => rule(draft));
}
