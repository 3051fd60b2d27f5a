// The schema of `from`: the table that a view aggregates, in a view or by name under `tables` in millrace.yaml.

import { z } from 'zod';
import { PARTS_MAX } from '../entity.ts';
import { list, map, name, someText } from './field.ts';
import { filesKey, tableKeys } from './table-file.ts';

const COLUMN = () => someText('the name of a column');

/** A filter, checked by src/definition/declared/filter.ts. */
export const filter = () =>
  z.record(z.string(), z.unknown(), { error: () => 'a map such as { event_type: login }' }).meta({ title: 'filter' });

/** One column, or one for each component of a composite entity. */
export const keyColumns = () => {
  const error = () => 'the name of a column, or a list of names';
  return z
    .union([COLUMN(), list(COLUMN(), 'list of columns', { min: 1, max: PARTS_MAX })], { error })
    .meta({ title: 'text or list' });
};

export const fromKeys = {
  table: someText('the name of a table, such as user_events or shop.user_events')
    .optional()
    .describe('The database table, as `name` or `schema.name`, spelled exactly as in the database.'),
  files: filesKey().optional(),
  entity_id: keyColumns().describe(
    'The column that contains the entity, or a list with one column for each component of a composite entity. A row without an entity is refused.',
  ),
  timestamp: COLUMN().describe('The column that contains the time of a row.'),
  where: filter().optional().describe('A filter for the rows of all features: see docs/reference/operators.md.'),
  ...tableKeys,
};

export const fromFile = map(fromKeys);

export type FromFile = z.infer<typeof fromFile>;

/** `from` of a view: a name under `tables` in millrace.yaml, or the table itself. */
export const fromKey = () => {
  const expected = 'the name of a table under `tables` in millrace.yaml, or a map with `table` or `files`';
  return z.union([name(), fromFile], { error: () => expected }).meta({ title: 'name or map' });
};
