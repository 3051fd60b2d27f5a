// Changes deployed definitions directly: the stored one and its columns, without the other effects of a deployment.

import type { FeatureView } from '../../src/definition/view.ts';
import type { Database } from '../../src/postgres/database.ts';
import { DEFINITION, definitionRow } from '../../src/state/views/view-columns.ts';

/** The view of this name or, if it is null, all views. */
export async function changeViews(
  database: Pick<Database, 'query' | 'run'>,
  name: string | null,
  changes: Partial<FeatureView>,
): Promise<void> {
  const views = await database.query<{ id: number; view: FeatureView }>(
    'select id, spec as view from millrace.view where $1::text is null or name = $1',
    [name],
  );
  for (const { id, view } of views) {
    await database.run(
      `update millrace.view set (${DEFINITION}) = (
         select ${DEFINITION} from jsonb_populate_record(null::millrace.view, $2::jsonb)) where id = $1`,
      [id, definitionRow({ ...view, ...changes })],
    );
  }
}
