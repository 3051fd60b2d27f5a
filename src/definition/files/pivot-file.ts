// The schema of `pivot`: the columns of a long table.

import { map, someText } from './field.ts';

export const pivotKey = () =>
  map({
    name: someText('the name of a column').describe('The query column that contains the name of a feature.'),
    value: someText('the name of a column').describe('The query column that contains the value of the feature.'),
  }).describe(
    'For a query over a long table, with one row for each entity, time and name: each feature of the view takes its value from the rows with its name. See docs/guides/long-tables.md.',
  );
