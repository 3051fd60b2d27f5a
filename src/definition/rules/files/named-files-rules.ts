// Rules of a view over the files of an HTTP server, which cannot list them.

import { enumerationProblem } from '../../file-names.ts';
import { patternProblem } from '../../file-pattern.ts';
import type { ViewFile } from '../../files/view-file.ts';
import type { Draft } from '../../yaml/load-files.ts';
import { formatKeyPath, type KeyPath, type Problem } from '../../yaml/problem.ts';

/** A problem for each pattern whose names cannot be enumerated. */
export function namedFilesProblems({ yaml, sound }: Draft<ViewFile>): Problem[] {
  const { files, tables = {}, from } = sound;
  const isNamed = typeof yaml.value['from'] === 'string';
  const patterns: readonly (readonly [KeyPath, string | undefined])[] = [
    [['files'], files],
    ...Object.entries(tables).map(([name, table]) => [['tables', name, 'files'], table.files] as const),
    [isNamed ? ['from'] : ['from', 'files'], typeof from === 'object' ? from.files : undefined],
  ];
  return patterns.flatMap(([path, pattern]) => {
    // An invalid pattern has its own problem, and may be long.
    const problem = pattern === undefined || patternProblem(pattern) !== null ? null : enumerationProblem(pattern);
    if (problem === null) return [];
    return [yaml.problemAt(path, `\`${formatKeyPath(path)}\`: '${pattern?.slice(0, 60)}' ${problem}`)];
  });
}
