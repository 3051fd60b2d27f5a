// The columns of labels: which hold entities, which the time, and what the others become in Postgres and in files.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { Dataset } from '../../definition/dataset.ts';
import { partNames } from '../../definition/entity.ts';
import type { ColumnType } from '../../feature-types/column-type.ts';
import type { FileType } from '../../feature-types/file-type.ts';
import type { Column } from '../../rows/batch.ts';
import type { SetView } from '../set-views.ts';
import { joinedIn, type KeyRole, keyRoles } from './label-key.ts';

export const TIMESTAMP = 'timestamp';

export type LabelColumn = {
  readonly name: string;
  readonly role: KeyRole | 'timestamp' | 'value';
  /** What the source yields. */
  readonly type: ColumnType;
  readonly sqlType: string;
  readonly fileType: FileType;
  /** For a column with joined ids: the composite entity, whose components each id must have. */
  readonly joined?: string;
};

const VALUES: Readonly<Record<Exclude<ColumnType, 'other'>, readonly [sqlType: string, fileType: FileType]>> = {
  int: ['bigint', 'bigint'],
  float: ['double precision', 'double'],
  decimal: ['numeric', 'decimal'],
  bool: ['boolean', 'boolean'],
  timestamp: ['timestamp', 'timestamp'],
  timestamptz: ['timestamptz', 'timestamptz'],
  date: ['date', 'date'],
  json: ['text', 'varchar'],
  array: ['text', 'varchar'],
  text: ['text', 'varchar'],
};

const ENTITIES: readonly ColumnType[] = ['text', 'int', 'decimal', 'float'];
const TIMES: readonly ColumnType[] = ['timestamptz', 'timestamp', 'date', 'text'];

/** What the columns of a source are to a training set. @throws Failure SOURCE_SHAPE */
export function labelColumns(
  dataset: Pick<Dataset, 'name'>,
  views: readonly SetView[],
  found: readonly Column[],
): LabelColumn[] {
  const names = found.map(({ name }) => name);
  const roles = keyRoles(views, names);
  const entities = [...roles.keys()];
  const wrong = (problem: string) => {
    const shown = names.join(', ');
    return new Failure(
      'SOURCE_SHAPE',
      text`The labels of ${safe(dataset.name)}: ${safe(problem)}. Found the columns ${shown === '' ? safe('(none)') : shown}; expected ${safe(entities.join(', '))}, timestamp, and any others.`,
      { dataset: dataset.name },
    );
  };
  for (const name of [...entities, TIMESTAMP]) {
    if (!found.some((column) => column.name === name)) throw wrong(`the column ${JSON.stringify(name)} is missing`);
  }
  const seen = new Set<string>();
  return found.map((column) => {
    const { name, type, nativeType } = column;
    // Files are read by programs to which Label and label are one column.
    if (seen.has(name.toLowerCase())) throw wrong(`the column ${JSON.stringify(name)} occurs twice`);
    seen.add(name.toLowerCase());
    const role = roles.get(name);
    if (role !== undefined) {
      const composites = joinedIn(name, views, names);
      if (new Set(composites.map((entity) => partNames({ entity }).length)).size > 1) {
        const all = composites.join(' and ');
        throw wrong(`no ${JSON.stringify(name)} can be that of ${all}; return a column for each component instead`);
      }
      const [joined] = composites;
      const ofPair = joined === undefined ? {} : { joined };
      if (ENTITIES.includes(type))
        return { name, role, type, sqlType: 'text collate "C"', fileType: 'varchar', ...ofPair };
      throw wrong(
        `${JSON.stringify(name)} is ${nativeType}, which cannot be an entity; expected text or a whole number`,
      );
    }
    if (name === TIMESTAMP) {
      if (TIMES.includes(type))
        return { name, role: 'timestamp', type, sqlType: 'timestamptz', fileType: 'timestamptz' };
      throw wrong(`"timestamp" is ${nativeType}; expected a time`);
    }
    if (type === 'other')
      throw wrong(`${JSON.stringify(name)} is ${nativeType}, which cannot be written to a file; cast it in the query`);
    const [sqlType, fileType] = VALUES[type];
    return { name, role: 'value', type, sqlType, fileType };
  });
}
