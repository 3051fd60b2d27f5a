// Rules of a view with `pivot`: its query returns names and values, and its features are the names.

import { entityOf, keyColumnSets } from '../entity.ts';
import { REPEATED_COLUMN } from '../pivot/pivot.ts';
import { atKey, atValue, type Finding, unusedKeys, type ViewDraft } from './finding.ts';

const OTHERS = ['from', 'keys', 'columns'] as const;

export function pivotFindings(draft: ViewDraft): Finding[] {
  const { written } = draft;
  if (!written.has('pivot')) return [];
  const missing = '`features` is missing; expected the names to read, because each of them becomes a feature';
  return [
    ...unusedKeys(draft, OTHERS, 'cannot be combined with `pivot`, which needs a `query`; remove one of them'),
    ...(written.has('features') ? [] : [atKey(['features'], missing)]),
    ...columnFindings(draft),
  ];
}

function columnFindings({ sound }: ViewDraft): Finding[] {
  const { pivot, entity } = sound;
  if (pivot === undefined) return [];
  const keys = entity === undefined ? [] : keyColumnSets({ entity: entityOf(entity) }).flat();
  const taken = [...keys, 'timestamp', 'tie_break', REPEATED_COLUMN];
  const findings = (['name', 'value'] as const).flatMap((key) =>
    taken.includes(pivot[key])
      ? [atValue(['pivot', key], `\`pivot.${key}\`: the column ${pivot[key]} is reserved; rename it in the query`)]
      : [],
  );
  if (pivot.name !== pivot.value) return findings;
  return [...findings, atValue(['pivot', 'value'], '`pivot.value`: expected a different column than `pivot.name`')];
}
