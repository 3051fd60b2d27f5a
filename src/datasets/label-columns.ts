// The columns of labels: which hold entities, which the time, and what the others become in Postgres and in files.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { Dataset } from '../definition/dataset.ts';
import type { ColumnType } from '../feature-types/column-type.ts';
import type { Column } from '../rows/batch.ts';
import type { FileType } from './file-type.ts';

export const TIMESTAMP = 'timestamp';
export const ENTITY_ID = 'entity_id';

export type LabelColumn = {
  readonly name: string;
  readonly role: 'entity' | 'timestamp' | 'value';
  /** What the source yields. */
  readonly type: ColumnType;
  readonly sqlType: string;
  readonly fileType: FileType;
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

/** The columns of the labels that hold entities: `entity_id`, and those that views name. */
export function entityColumns({ views }: Pick<Dataset, 'views'>): string[] {
  return [...new Set([ENTITY_ID, ...views.map(({ entityColumn }) => entityColumn)])];
}

/** What the columns of a source are to a training set. @throws Failure SOURCE_SHAPE */
export function labelColumns(dataset: Pick<Dataset, 'name' | 'views'>, found: readonly Column[]): LabelColumn[] {
  const entities = entityColumns(dataset);
  const wrong = (problem: string) => {
    const names = found.map(({ name }) => name).join(', ');
    return new Failure(
      'SOURCE_SHAPE',
      text`The labels of ${safe(dataset.name)}: ${safe(problem)}. Found the columns ${names === '' ? safe('(none)') : names}; expected entity_id, timestamp, and any others.`,
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
    if (entities.includes(name)) {
      if (ENTITIES.includes(type))
        return { name, role: 'entity', type, sqlType: 'text collate "C"', fileType: 'varchar' };
      throw wrong(
        `${JSON.stringify(name)} is ${nativeType}, which cannot be an entity; expected a text or a whole number`,
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
