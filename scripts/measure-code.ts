// `node scripts/bootstrap.mjs measure [FOLDER...]`: metrics of the code in src/, a column for each checkout, to compare
// before and after a change. It only reports.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { cyclesOf } from './import-cycles.ts';

type Sizes = { readonly p50: number; readonly p90: number; readonly max: number };
type Source = { readonly file: string; readonly text: string };

const NUMBER = new Intl.NumberFormat('en-US');

function sizesOf(values: readonly number[]): Sizes {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p90: at(0.9), max: sorted.at(-1) ?? 0 };
}

const shown = ({ p50, p90, max }: Sizes) => `${p50} / ${p90} / ${max}`;

const linesOf = (text: string, start = 0, end = text.length) => text.slice(start, end).split('\n').length;

/** Sizes of functions, casts, boolean parameters, and imports, from the syntax tree. */
function syntaxOf(sources: readonly Source[]) {
  const functions: number[] = [];
  let casts = 0;
  let booleans = 0;
  const imports = new Map<string, readonly string[]>();
  for (const { file, text } of sources) {
    const { program, module } = parseSync(file, text);
    const each = (node: { start: number; end: number; params: readonly object[] }) => {
      functions.push(linesOf(text, node.start, node.end));
      booleans += node.params.filter((one) => isBoolean(one as Parameter)).length;
    };
    new Visitor({
      FunctionDeclaration: each,
      FunctionExpression: each,
      ArrowFunctionExpression: each,
      TSAsExpression: ({ typeAnnotation }) => {
        if (text.slice(typeAnnotation.start, typeAnnotation.end) !== 'const') casts += 1;
      },
    }).visit(program);
    const targets = [
      ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...module.staticExports.flatMap(({ entries }) => entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
      ...module.dynamicImports.map(({ moduleRequest }) => text.slice(moduleRequest.start + 1, moduleRequest.end - 1)),
    ];
    const ours = targets.filter((target) => target.startsWith('.'));
    imports.set(
      file,
      ours.map((target) => posix.normalize(posix.join(posix.dirname(file), target))),
    );
  }
  return { functions, casts, booleans, imports };
}

/** The part of the parser's parameters that is needed here. */
type Parameter = {
  readonly type: string;
  readonly left?: Parameter;
  readonly right?: { readonly value?: unknown };
  readonly typeAnnotation?: { readonly typeAnnotation: { readonly type: string } } | null;
};

/** A parameter with a boolean type or a boolean default. */
function isBoolean({ typeAnnotation, left, right }: Parameter): boolean {
  if (left !== undefined) return isBoolean(left) || typeof right?.value === 'boolean';
  return typeAnnotation?.typeAnnotation.type === 'TSBooleanKeyword';
}

/** The folders of src that import each other. */
function betweenFolders(imports: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const edges = new Map<string, string[]>();
  const folderOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : file);
  for (const [file, targets] of imports) {
    const from = folderOf(file);
    const others = targets.map(folderOf).filter((to) => to !== from);
    edges.set(from, [...new Set([...(edges.get(from) ?? []), ...others])]);
  }
  return edges;
}

function countOf(sources: readonly Source[], what: RegExp): { files: number; times: number } {
  const found = sources.map(({ text }) => text.match(what)?.length ?? 0).filter((times) => times > 0);
  return { files: found.length, times: found.reduce((sum, times) => sum + times, 0) };
}

function measured(checkout: string): { readonly rows: Record<string, string>; readonly cycles: string[][] } {
  const src = join(checkout, 'src');
  const read = (file: string) => ({ file, text: readFileSync(join(src, file), 'utf8') });
  const sources = globSync('**/*.ts', { cwd: src }).map(read);
  const functionsOfSql = globSync('**/functions/**/*.sql', { cwd: src }).map(read);
  const { functions, casts, booleans, imports } = syntaxOf(sources);
  const perFolder = Map.groupBy(globSync('**/*.*', { cwd: src }), (file) => dirname(file));
  const largest = [...perFolder]
    .map(([folder, files]) => ({ folder, files: files.length }))
    .sort((a, b) => b.files - a.files);
  const setsState =
    /update millrace\.run\b(?:(?!`)[\s\S])*?\bset (?:\$\{assignments|(?:(?!`)[\s\S])*?\bstate = (?!r\.|'[a-z]+' and))/g;
  const openStates = /'planned', ?'active'|'active', ?'planned'|in \('planned'/g;
  const byPath = countOf([...sources, ...functionsOfSql], /\bspec ?->/g);
  const cycles = cyclesOf(imports);
  const rows = {
    files: NUMBER.format(sources.length),
    'lines of a file (p50 / p90 / max)': shown(sizesOf(sources.map(({ text }) => linesOf(text)))),
    'lines of a function (p50 / p90 / max)': shown(sizesOf(functions)),
    'files that set the state of a run': String(countOf(sources, setsState).files),
    'files with lists of open states': String(countOf(sources, openStates).files),
    'inserts of runs': String(countOf(sources, /insert into millrace\.run\b/g).times),
    'inserts of events': String(countOf(sources, /insert into millrace\.event\b/g).times),
    'files in the largest folder': `${largest[0]?.files} (${largest[0]?.folder})`,
    'folders with more than 25 files': String(largest.filter(({ files }) => files > 25).length),
    'import cycles of files, types included': String(cycles.length),
    'import cycles of folders':
      cyclesOf(betweenFolders(imports))
        .map((group) => group.join(' ↔ '))
        .join('; ') || '0',
    'reads of the spec by JSON path (times / files)': `${byPath.times} / ${byPath.files}`,
    'casts (as)': NUMBER.format(casts),
    'boolean parameters': String(booleans),
  };
  return { rows, cycles };
}

const folders = process.argv.slice(2);
const columns = (folders.length > 0 ? folders : ['.']).map((folder) => measured(resolve(folder)));
const names = Object.keys(columns[0]?.rows ?? {});
const widths = columns.map(({ rows }) => Math.max(...Object.values(rows).map(({ length }) => length)));
for (const name of names) {
  const cells = columns.map(({ rows }, index) => (rows[name] ?? '').padStart(widths[index] ?? 0));
  process.stdout.write(`${name.padEnd(48)}  ${cells.join('   ')}\n`);
}
for (const cycle of columns.at(-1)?.cycles ?? []) process.stdout.write(`cycle: ${cycle.join(' ')}\n`);
