// `node scripts/bootstrap.mjs words [PATH...]`: the avoided words in the whole repository or in some paths, and what to write instead.

import { resolve } from 'node:path';
import { findAvoidedWords, type Hit, SCANNED } from './find.ts';

const root = resolve(import.meta.dirname, '../..');

/** `src/state/runs` of `src/state/runs/claim.ts`; `.` of a file at the root. */
const folderOf = (file: string) => file.split('/').slice(0, -1).join('/') || '.';

function countsOf(hits: readonly Hit[]): string[] {
  const counts = new Map<string, number>();
  for (const { file } of hits) counts.set(folderOf(file), (counts.get(folderOf(file)) ?? 0) + 1);
  return [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([folder, count]) => `${count}\t${folder}`);
}

const paths = process.argv.slice(2);
const hits = findAvoidedWords(root, paths.length > 0 ? paths : SCANNED);
for (const { file, line, word, instead } of hits) console.log(`${file}:${line}: ${word} → ${instead}`);
console.log(['', ...countsOf(hits), `${hits.length}\tin total`].join('\n'));
process.exitCode = hits.length > 0 ? 1 : 0;
