// Fuzzes definitions with damage and very long values: each gives a project or problems, and never blocks for long.

import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { dataFingerprint, metaFingerprint } from '../../src/definition/fingerprint.ts';
import { checkDefinitions, type Definitions } from '../../src/definition/load.ts';
import { formatProblem } from '../../src/definition/yaml/problem.ts';
import { SOURCE_KINDS } from '../../src/sources/index.ts';
import { renderedQuery } from '../../src/sources/query-text.ts';
import { chance } from '../../test/sources/lake/fuzzing.ts';
import { hostile, isTimeUp, shareOf, watched } from './fuzz.ts';
import { MORE, MORE_CONFIG } from './project.ts';

const INPUTS = shareOf(100_000);
const NOW = systemClock.now();
const root = path.resolve(import.meta.dirname, '../..');
const files = [
  'millrace.yaml',
  ...globSync('features/*.yaml', { cwd: root }),
  ...globSync('jobs/*.yaml', { cwd: root }),
  ...globSync('tests/*.yaml', { cwd: root }),
];
const texts = new Map(files.map((file) => [file, readFileSync(path.join(root, file))]));
texts.set('millrace.yaml', Buffer.concat([texts.get('millrace.yaml') ?? Buffer.alloc(0), Buffer.from(MORE_CONFIG)]));
for (const [file, text] of Object.entries(MORE)) {
  files.push(file);
  texts.set(file, Buffer.from(text));
}
const whole = projectOf([...texts.keys()]);
/** A view is valid on its own, and checked faster than with the others. */
const alone = projectOf(['millrace.yaml']);

function projectOf(written: readonly string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-fuzz-'));
  for (const below of ['features', 'jobs', 'tests', 'datasets', 'services']) mkdirSync(path.join(folder, below));
  for (const file of written) writeFileSync(path.join(folder, file), texts.get(file) ?? '');
  return folder;
}

/** Everything that happens with valid definitions before a source sees them. */
function useAll({ views }: Definitions): void {
  for (const view of views) {
    dataFingerprint(view);
    metaFingerprint(view);
    const span = view.kind === 'latest' ? null : { start: view.start, end: view.start };
    for (const dialect of ['postgres', 'mysql', 'clickhouse', 'duckdb'] as const)
      if (view.query !== null) renderedQuery(view.query, { view, span }, dialect);
  }
}

const undamaged = await checkDefinitions(whole, NOW, SOURCE_KINDS);
if (undamaged.definitions === null) throw new Error(undamaged.problems.map(formatProblem).join('\n'));
const random = chance(20_261_129);
const counts = { valid: 0, invalid: 0 };
// Compiling the parser of Postgres takes 500 MiB for a moment.
await watched('damaged definitions', 900, async (readOne) => {
  let index = 0;
  for (; index < INPUTS && !isTimeUp(); index += 1) {
    const file = files[index % files.length] ?? '';
    const content = hostile(texts.get(file) ?? Buffer.alloc(0), random);
    const folder = file.startsWith('features/') ? alone : whole;
    writeFileSync(path.join(folder, file), content);
    const { definitions, problems } = await readOne(async () => {
      const checked = await checkDefinitions(folder, NOW, SOURCE_KINDS);
      if (checked.definitions !== null) useAll(checked.definitions);
      return checked;
    });
    counts[definitions === null ? 'invalid' : 'valid'] += 1;
    const broken = problems.map(formatProblem).find((line) => /\[object|NaN:|^undefined/.test(line));
    if (broken !== undefined) throw new Error(`input ${index}: ${broken}`);
    if (folder === alone) rmSync(path.join(folder, file));
    else writeFileSync(path.join(folder, file), texts.get(file) ?? '');
  }
  return index;
});
for (const folder of [whole, alone]) rmSync(folder, { recursive: true });
process.stdout.write(`  ${counts.valid} valid, ${counts.invalid} with problems\n`);
