import { describe, expect, test } from 'vitest';
import { checkDefinitions } from '../../../src/definition/load.ts';
import { formatProblem } from '../../../src/definition/yaml/problem.ts';
import { SOURCE_KINDS } from '../../../src/sources/index.ts';
import { NOW, projectFolder, SHOP, viewText } from '../project-folder.ts';

/** The problems of a project with these source URLs and one view. */
async function problemsWith(sources: Readonly<Record<string, string>>, view: Readonly<Record<string, string | null>>) {
  const stores = (SHOP['millrace.yaml'] ?? '').split('sources:')[0];
  const lines = Object.entries(sources).map(([name, url]) => `  ${name}: { url: "${url}" }\n`);
  using project = projectFolder({
    'millrace.yaml': `${stores}sources:\n${lines.join('')}`,
    'features/spend.yaml': viewText(view),
  });
  const { problems } = await checkDefinitions(project.folder, NOW, SOURCE_KINDS);
  return problems.map(formatProblem);
}

const FILES = { source: 'lake', files: 'sales/{yyyy}-{MM}-{dd}.csv' };

describe('schemeProblems', () => {
  test('names the known schemes, or the nearest one, for an unknown scheme', async () => {
    const found = await problemsWith(
      { shop: 'postgers://h/shop', lake: 'gs://bucket/exports', old: 'oracle://h/x' },
      {},
    );

    expect(found).toEqual([
      "millrace.yaml:6:16: `sources.shop.url`: unknown scheme 'postgers'; did you mean `postgres`?",
      "millrace.yaml:7:16: `sources.lake.url`: unknown scheme 'gs'; expected one of clickhouse:, https:, http:, file:, s3:, abfss:, mysql:, mariadb:, postgres:, postgresql:, redis:, rediss:",
      "millrace.yaml:8:15: `sources.old.url`: unknown scheme 'oracle'; expected one of clickhouse:, https:, http:, file:, s3:, abfss:, mysql:, mariadb:, postgres:, postgresql:, redis:, rediss:",
    ]);
  });

  test('reports a view without files over a source of files', async () => {
    expect(await problemsWith({ lake: 'file:./lake' }, { source: 'lake' })).toEqual([
      "features/spend.yaml:3:9: `source`: 'lake' (file:) contains files, not database tables; add `files` or `tables` to the view, or choose another source",
    ]);
  });

  test.each(['postgres', 'mysql', 'mariadb'])('reports a view with files over %s', async (scheme) => {
    expect(await problemsWith({ lake: `${scheme}://h/shop` }, FILES)).toEqual([
      `features/spend.yaml:9:1: \`files\`: the source 'lake' (${scheme}:) is a database; write a \`query\` over its tables, or choose a source with files`,
    ]);
  });

  test.each([
    [{ lake: 'S3://bucket/x' }, FILES],
    [{ shop: 'postgresql://h/shop' }, {}],
    [{ shop: '$' + '{URL}' }, {}],
    [{ lake: '$' + '{URL}' }, FILES],
  ])('finds nothing in %j with %j', async (sources, view) => {
    expect(await problemsWith(sources, view)).toEqual([]);
  });

  const WILDCARD =
    'has *, but HTTP servers cannot list files; expected full names, with {yyyy} {MM} {dd} {HH}, alternatives such as {a,b} or classes such as [0-9]';
  const DECLARED = { kind: 'snapshot', interval: '1d', source: 'lake', type: null, query: null };
  const FROM = '{ files: "a/{yyyy}-{MM}-{dd}-*.csv", entity_id: c, timestamp: at }';

  test.each<[string, Readonly<Record<string, string | null>>, string]>([
    [
      'files',
      { ...FILES, files: 'sales/{yyyy}-{MM}-{dd}-*.csv' },
      `features/spend.yaml:9:8: \`files\`: 'sales/{yyyy}-{MM}-{dd}-*.csv' ${WILDCARD}`,
    ],
    ['a class', { ...FILES, files: 'a/{yyyy}-{MM}-{dd}-[!a].csv' }, 'has [!a], but HTTP servers cannot list files'],
    ['a question mark', { ...FILES, files: 'a/{yyyy}-{MM}-{dd}-?.csv' }, 'has ?, but HTTP servers cannot list files'],
    [
      'many names',
      { ...FILES, files: 'a/{yyyy}-{MM}-{dd}-{a,b}-[0-9][0-9][0-9].csv' },
      'expands to 2000 names, and each needs a request to the HTTP server; expected at most 1000',
    ],
    [
      'tables',
      { source: 'lake', tables: '{ a: { files: "a/{yyyy}-{MM}-{dd}/**/*.csv" }, b: { files: b.csv } }' },
      "`tables.a.files`: 'a/{yyyy}-{MM}-{dd}/**/*.csv' has *, but HTTP servers cannot list files",
    ],
    [
      'from',
      { ...DECLARED, from: FROM, features: '[{ name: n, type: int, aggregate: count, window: 1d }]' },
      "`from.files`: 'a/{yyyy}-{MM}-{dd}-*.csv' has *, but HTTP servers cannot list files",
    ],
  ])('reports patterns over an HTTP server that need a listing: %s', async (_, view, sentence) => {
    const found = await problemsWith({ lake: 'https://files.example.com/lake' }, view);
    expect(found).toEqual([expect.stringContaining(sentence)]);
  });

  test('accepts patterns over an HTTP server whose names can be enumerated', async () => {
    const lake = { lake: 'http://files.example.com/lake' };
    const files = 'dt={yyyy}-{MM}-{dd}/{north,south}-[0-9][[].csv';
    expect(await problemsWith(lake, { ...FILES, files })).toEqual([]);
  });

  test.each([
    ['shop', 'postgres://h/b', 'a source cannot be its own fallback'],
    ['othr', 'postgres://h/b', "there is no source 'othr'; did you mean `other`?"],
    ['other', 'mysql://h/b', "'other' has the SQL dialect mysql, but 'shop' has postgres"],
    ['other', 'file:./lake', 'only for databases'],
    ['other', 'postgres://h/b", fallback: "shop', "'other' also has a `fallback`"],
  ])('refuses the fallback %s with %s', async (fallback, url, words) => {
    const sources = { shop: `postgres://h/shop", fallback: "${fallback}`, other: url };
    expect((await problemsWith(sources, {}))[0]).toContain(`\`sources.shop.fallback\`: ${words}`);
  });

  test.each([
    ['postgres://h/b', 0],
    ['mysql://h/b', 1],
    ['s3://bucket', 1],
  ])('refuses a cursor for a source that is not a Postgres: %s', async (url, count) => {
    const problems = (await problemsWith({ shop: `${url}", read_with: "cursor` }, {})).filter((problem) =>
      problem.includes('read_with'),
    );

    expect(problems).toHaveLength(count);
    for (const problem of problems)
      expect(problem).toContain('`sources.shop.read_with`: only for a source with a postgres:// URL');
  });

  test('accepts a fallback of the same dialect, or of an unknown one', async () => {
    const withUrl = (url: string) => problemsWith({ shop: 'postgres://h/shop", fallback: "other', other: url }, {});
    expect([await withUrl('postgresql://h/b'), await withUrl('$' + '{URL}')]).toEqual([[], []]);
  });
});
