// Fuzzes definitions with damage and very long values: each gives a project or problems, and never blocks for long.

import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../src/core/clock.ts';
import { dataFingerprint, metaFingerprint } from '../src/definition/fingerprint.ts';
import { checkDefinitions, type Definitions } from '../src/definition/load.ts';
import { formatProblem } from '../src/definition/yaml/problem.ts';
import { renderedQuery } from '../src/sources/query-text.ts';
import { chance } from '../test/sources/lake/fuzzing.ts';
import { hostile, shareOf, watched } from './fuzz.ts';

const INPUTS = shareOf(100_000);
const NOW = systemClock.now();
const root = path.resolve(import.meta.dirname, '..');
const files = [
  'millrace.yaml',
  ...globSync('features/*.yaml', { cwd: root }),
  ...globSync('jobs/*.yaml', { cwd: root }),
];
const texts = new Map(files.map((file) => [file, readFileSync(path.join(root, file))]));
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-fuzz-'));
for (const below of ['features', 'jobs']) mkdirSync(path.join(folder, below));
for (const [file, content] of texts) writeFileSync(path.join(folder, file), content);

/** Everything that happens with valid definitions before a source sees them. */
function useAll({ views }: Definitions): void {
  for (const view of views) {
    dataFingerprint(view);
    metaFingerprint(view);
    const span = view.kind === 'latest' ? null : { start: view.start, end: view.start };
    for (const dialect of ['postgres', 'mysql', 'duckdb'] as const)
      if (view.query !== null) renderedQuery(view.query, { view, span }, dialect);
  }
}

const random = chance(20_261_129);
const counts = { valid: 0, invalid: 0 };
await watched(`${INPUTS} damaged definitions`, 600, async () => {
  for (let index = 0; index < INPUTS; index += 1) {
    const file = files[index % files.length] ?? '';
    const content = hostile(texts.get(file) ?? Buffer.alloc(0), random);
    writeFileSync(path.join(folder, file), content);
    const { definitions, problems } = await checkDefinitions(folder, NOW);
    if (definitions !== null) useAll(definitions);
    counts[definitions === null ? 'invalid' : 'valid'] += 1;
    const broken = problems.map(formatProblem).find((line) => /\[object|NaN:|^undefined/.test(line));
    if (broken !== undefined) throw new Error(`input ${index}: ${broken}`);
    writeFileSync(path.join(folder, file), texts.get(file) ?? '');
  }
});
rmSync(folder, { recursive: true });
process.stdout.write(`  ${counts.valid} valid, ${counts.invalid} with problems\n`);
