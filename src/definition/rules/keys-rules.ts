// Rules of a view over the keys of a Redis server.

import { keyPatternProblem } from '../key-pattern.ts';
import { atKey, atValue, type Finding, unusedKeys, type ViewDraft } from './finding.ts';

const OTHERS = ['query', 'files', 'tables', 'from', 'path'] as const;

export function keysFindings(draft: ViewDraft): Finding[] {
  const { written, sound } = draft;
  if (!written.has('keys')) return [];
  const findings = unusedKeys(draft, OTHERS, 'cannot be combined with `keys`; remove one of them');
  const problem = sound.keys === undefined ? null : keyPatternProblem(sound.keys);
  if (problem !== null) findings.push(atValue(['keys'], `\`keys\`: ${problem}`));
  if (sound.kind !== undefined && sound.kind !== 'latest') {
    const why = 'expected latest for a view with `keys`, because Redis stores only the current values';
    findings.push(atValue(['kind'], `\`kind\`: ${why}`));
  }
  if (Array.isArray(sound.entity)) {
    findings.push(atValue(['entity'], '`entity`: a view with `keys` cannot have a composite entity'));
  }
  return [...findings, ...stringFindings(draft)];
}

/** Without `columns`, each key holds a string: the value of the only feature. */
function stringFindings({ written }: ViewDraft): Finding[] {
  if (written.has('columns') || !written.has('features')) return [];
  const why =
    'with `features`, each key is a hash: name the hash field of each feature, such as `columns: { NAME: field }`';
  return [atKey(['columns'], `\`columns\` is missing; ${why}`)];
}
