// The import table: which folder of src may import which, and which files may import drivers and use the environment.

import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, test } from 'vitest';
import { cyclesOf } from '../scripts/import-cycles.ts';

const EVERYTHING = ['*'];
const BASE = ['core', 'feature-types', 'definition', 'rows'];

/** Folder of src → the folders that it may import from, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  'feature-types': ['core'],
  'sql-parser': [],
  definition: ['core', 'feature-types', 'sql-parser'],
  rows: ['core', 'feature-types', 'definition'],
  plan: BASE,
  // What values look like: profiles, distances between them, checks. Pure.
  quality: BASE,
  postgres: BASE,
  redis: ['core'],
  sources: [...BASE, 'postgres', 'redis', 'sql-parser'],
  offline: [...BASE, 'postgres', 'quality'],
  state: [...BASE, 'postgres', 'offline', 'plan', 'quality'],
  online: [...BASE, 'postgres', 'redis', 'offline', 'state'],
  datasets: [...BASE, 'postgres', 'offline', 'sources', 'state'],
  run: [...BASE, 'postgres', 'offline', 'quality', 'sources', 'state'],
  preview: [...BASE, 'postgres', 'offline', 'quality', 'sources', 'state', 'run'],
  // Runs the query of a view over given rows, with private servers.
  'view-tests': [...BASE, 'sql-parser', 'postgres', 'offline', 'quality', 'sources', 'servers', 'state', 'run'],
  queue: [...BASE, 'postgres', 'redis', 'offline', 'state', 'plan', 'run', 'presentation'],
  alerts: ['core', 'definition', 'postgres', 'state', 'observe', 'presentation'],
  observe: ['core'],
  init: ['core'],
  // Private servers, for `millrace dev --local`, the quickstart and the tests.
  servers: ['core', 'postgres'],
  // All text made from facts: for the command line, the dashboard, alerts and logs.
  presentation: [...BASE, 'postgres', 'state', 'plan', 'quality', 'observe'],
  // Requests of users: the command line and the dashboard only parse requests and show results.
  operations: [...BASE, 'plan', 'postgres', 'state', 'queue'],
  dashboard: [...BASE, 'postgres', 'state', 'plan', 'quality', 'queue', 'observe', 'presentation', 'operations'],
  // HTTP for programs. It shares the dashboard's rules for hosts.
  api: [
    ...BASE,
    'postgres',
    'redis',
    'offline',
    'online',
    'state',
    'plan',
    'queue',
    'observe',
    'presentation',
    'operations',
    'dashboard',
    'run',
  ],
  // Folders that compose and present everything may import everything.
  cli: EVERYTHING,
  processes: EVERYTHING,
  quickstart: EVERYTHING,
  '.': EVERYTHING,
};

/** Package → the folders that name it. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  pg: ['postgres'],
  'pg-copy-streams': ['postgres'],
  'libpg-query': ['sql-parser'],
  mysql2: ['sources'],
  '@clickhouse/client': ['sources'],
  ioredis: ['redis'],
  bullmq: ['queue'],
  '@duckdb/node-api': ['sources', 'quickstart'],
  yauzl: ['sources'],
  'unbzip2-stream': ['sources'],
  '@aws-sdk/client-s3': ['sources'],
  '@azure/storage-file-datalake': ['sources'],
  '@azure/identity': ['sources'],
  'parquetjs-lite': ['quickstart'],
  'cron-parser': ['definition'],
  yaml: ['definition'],
  zod: ['definition', 'queue', 'datasets'],
  'fastest-levenshtein': ['definition', 'cli'],
  winston: ['observe'],
  'prom-client': ['observe'],
  nodemailer: ['alerts'],
  diff: ['plan'],
  hono: ['dashboard', 'api'],
  '@hono/node-server': ['dashboard', 'api'],
  '@hono/zod-openapi': ['api'],
  '@bull-board/api': ['dashboard'],
  '@bull-board/hono': ['dashboard'],
  commander: ['cli'],
  'cli-table3': ['cli', 'quickstart'],
  'cli-progress': ['cli'],
};

/** What only one file may use; everything else gets it as an argument. */
const DOORS: readonly { readonly words: RegExp; readonly files: readonly string[] }[] = [
  { words: /\bprocess\.env\b/, files: ['cli/environment.ts'] },
  { words: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, files: ['core/clock.ts'] },
  { words: /\bset(Timeout|Interval)\(/, files: ['core/clock.ts'] },
  { words: /\bconsole\./, files: ['cli/output/terminal.ts'] },
  { words: /\bMath\.random\(/, files: ['core/random.ts'] },
];

type Import = { readonly file: string; readonly folder: string; readonly target: string };

const src = path.resolve(import.meta.dirname, '../src');
const files = globSync('**/*.ts', { cwd: src }).map((file) => file.replaceAll(path.sep, '/'));

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(src, file), 'utf8');
  const { module } = parseSync(file, text);
  const targets = [
    ...module.staticImports.map((found) => found.moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) => text.slice(moduleRequest.start + 1, moduleRequest.end - 1)),
  ];
  return targets.map((target) => ({ file, folder: folderOf(file), target }));
}

function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '.') : '.';
}

const imports = files.flatMap(importsOf);
const isOurs = ({ target }: Import) => target.startsWith('.');
const targetOf = ({ file, target }: Import) => path.posix.normalize(path.posix.join(path.posix.dirname(file), target));
const said = ({ file, target }: Import) => `${file} imports ${target}`;

/** More is hard to find one's way in: sort the files into folders by subject. */
const FILES_MAX = 25;

describe('the folders', () => {
  test(`have at most ${FILES_MAX} files in one level`, () => {
    const perFolder = Map.groupBy(globSync('**/*.*', { cwd: src }), (file) => path.dirname(file));
    const large = [...perFolder].filter(([, found]) => found.length > FILES_MAX);
    expect(large.map(([folder, found]) => `${folder}: ${found.length}`)).toEqual([]);
  });
});

describe('the import table', () => {
  test('names every folder of src', () => {
    expect(new Set(files.map(folderOf))).toEqual(new Set(Object.keys(ALLOWED)));
  });

  test('is followed', () => {
    const broken = imports.filter(isOurs).filter(({ file, folder, target }) => {
      const other = folderOf(targetOf({ file, folder, target }));
      const allowed = ALLOWED[folder] ?? [];
      return other !== folder && !allowed.includes(other) && allowed !== EVERYTHING;
    });
    expect(broken.map(said)).toEqual([]);
  });

  test('has no cycle, types included', () => {
    const edges = new Map(
      files.map((file) => [file, imports.filter((one) => one.file === file && isOurs(one)).map(targetOf)]),
    );
    expect(cyclesOf(edges)).toEqual([]);
  });

  test('names each package in the folders that may import it', () => {
    const broken = imports
      .filter((one) => !isOurs(one))
      .filter(({ folder, target }) => {
        const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '');
        if (name.startsWith('node:') || builtinModules.includes(name)) return false;
        return PACKAGES[name]?.includes(folder) !== true;
      });
    expect(broken.map(said)).toEqual([]);
  });

  test.each(DOORS)('$words occurs only in its files', ({ words, files: allowed }) => {
    const found = files
      .filter((file) => !/^(servers|quickstart)\//.test(file) && !allowed.includes(file))
      .filter((file) => words.test(withoutComments(readFileSync(path.join(src, file), 'utf8'))));
    expect(found).toEqual([]);
  });
});

describe('the tables', () => {
  const migrations = globSync('state/{migrations,functions}/**/*.sql', { cwd: src }).map((file) => read(file));
  const made = migrations.flatMap((sql) => [
    ...sql.matchAll(/\b(?:table|function) (?:if not exists )?millrace\.(\w+)/g),
  ]);
  // All folders may read the clock.
  const names = new Set(made.flatMap(([, name]) => (name === undefined || name === 'now' ? [] : [name])));
  const record = new RegExp(`\\bmillrace\\.(?:${[...names].join('|')})\\b`);

  test.each([
    { schema: 'millrace', words: record, folder: 'state' },
    {
      schema: 'features',
      words: /(?<![.\w])features\.(?:"|\$\{)|\b(?:from|join|into|table|update|using|exists) features\./,
      folder: 'offline',
    },
  ])('of the schema $schema are named in src/$folder alone', ({ words, folder }) => {
    const found = files
      .filter((file) => folderOf(file) !== folder && words.test(withoutComments(read(file))))
      .map((file) => `${file} names ${words.exec(withoutComments(read(file)))?.[0]}`);
    expect(found).toEqual([]);
  });

  test('hold definitions that no statement looks into: what SQL reads of them has columns', () => {
    const all = [...files, ...globSync('state/functions/*.sql', { cwd: src })];
    const found = all.filter((file) => /\bspec\b\s*(?:->|#>|@>|\?|\[|\|\|)/.test(withoutComments(read(file))));
    expect(found).toEqual([]);
  });
});

function read(file: string): string {
  return readFileSync(path.join(src, file), 'utf8');
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');
}
