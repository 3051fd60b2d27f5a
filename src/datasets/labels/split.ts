// The subset of a label: train, validation or test.

import type { Split } from '../../definition/dataset.ts';
import { ENTITY_ID } from '../../definition/entity.ts';
import { joinedSql } from '../../offline/parts-sql.ts';
import type { LabelColumn } from './label-columns.ts';
import { entitiesOf } from './label-key.ts';

/** SQL over all staged labels, whose times are in the column `at`. */
export function splitSql(split: Split | null, columns: readonly LabelColumn[], at: string): string {
  if (split === null) return 'null::text';
  return split.by === 'entity' ? ownSplitSql(split, columns) : splitCaseSql(split, earlierSql(at));
}

/** SQL over some of the labels; null if the subset depends on all of them. */
export function ownSplitSql(split: Split, columns: readonly LabelColumn[]): string {
  return split.by === 'entity' ? splitCaseSql(split, hashSql(splitKey(columns))) : 'null::text';
}

/** What a split by entity counts as one entity. */
function splitKey(columns: readonly LabelColumn[]): string {
  const entities = entitiesOf(columns);
  const isOne = entities.length === 1 || columns.some(({ name }) => name === ENTITY_ID);
  return isOne ? (entities[0] ?? '') : joinedSql(entities);
}

/** A part of the hash of an entity from 0 to 1, the same wherever it is computed: the first 32 bits of its md5. */
const hashSql = (entity: string) => `(('x' || substr(md5(${entity}), 1, 8))::bit(32)::bigint / 4294967296.0)`;

/** The share of all labels that are earlier, the same for labels of one time. */
const earlierSql = (at: string) => `((rank() over (order by ${at}) - 1)::float8 / count(*) over ())`;

function splitCaseSql({ parts }: Split, position: string): string {
  let sum = 0;
  const cases = parts.slice(0, -1).map(({ name, share }) => {
    sum += share;
    // As 80% is written, not as binary fractions add up.
    return `when ${position} < ${Number(sum.toFixed(9))} then '${name}'`;
  });
  const last = `'${parts.at(-1)?.name ?? ''}'`;
  return cases.length === 0 ? `${last}::text` : `case ${cases.join(' ')} else ${last} end`;
}
