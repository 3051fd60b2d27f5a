// `tables` in millrace.yaml: their rules, and the views that name one in `from`.

import type { ConfigFile } from '../../files/config-file.ts';
import type { ViewFile } from '../../files/view-file.ts';
import type { Draft } from '../../yaml/load-files.ts';
import { didYouMean } from '../../yaml/nearest.ts';
import type { Problem } from '../../yaml/problem.ts';
import { fromFindings } from '../declared-rules.ts';

type Tables = NonNullable<ConfigFile['tables']>;

export function tableProblems({ sound, yaml }: Draft<ConfigFile>): Problem[] {
  return Object.entries(sound.tables ?? {}).flatMap(([name, table]) =>
    fromFindings(table, ['tables', name]).map(({ path, message, at }) => yaml.problemAt(path, message, at)),
  );
}

/** The view with the table that its `from` names. */
export function withTable<View extends Draft<ViewFile>>(draft: View, tables: Tables): View {
  const { from } = draft.sound;
  const table = typeof from === 'string' && Object.hasOwn(tables, from) ? tables[from] : undefined;
  if (table === undefined) return draft;
  const whole = draft.whole === null ? null : { ...draft.whole, from: table };
  return { ...draft, sound: { ...draft.sound, from: table }, whole };
}

/** A problem for each `from` that names no table. */
export function unknownTables(views: readonly Draft<ViewFile>[], tables: readonly string[]): Problem[] {
  return views.flatMap(({ yaml, sound: { from } }) => {
    if (typeof from !== 'string' || tables.includes(from)) return [];
    const known = tables.length === 0 ? 'no tables are defined' : `expected one of ${tables.join(', ')}`;
    const hint = didYouMean(from, tables) || `; ${known}, or a map with \`table\` or \`files\``;
    return [yaml.problemAt(['from'], `\`from\`: '${from}' is not under \`tables\` in millrace.yaml${hint}`)];
  });
}
