// Rules of the conditions of row checks, which need the Postgres parser.

import { conditionProblem } from '../query/row-condition.ts';
import { featureTypes } from './check-rules.ts';
import { keyColumnsOf } from './entity-rules.ts';
import { atValue, type Finding, type ViewDraft } from './finding.ts';

export async function conditionFindings(draft: ViewDraft): Promise<Finding[]> {
  const features = featureTypes(draft);
  if (features === null) return [];
  const columns = [...new Set(['entity_id', ...keyColumnsOf(draft)]), 'timestamp', ...features.keys()];
  const times = ['timestamp', ...columns.filter((name) => features.get(name) === 'timestamp')];
  const found: Finding[] = [];
  for (const [index, { row }] of (draft.sound.checks ?? []).entries()) {
    const problem = row === undefined ? null : await conditionProblem(row, columns, times);
    if (problem !== null) found.push(atValue(['checks', index, 'row'], `\`checks[${index}].row\`: ${problem}`));
  }
  return found;
}
