// Views over HTTP APIs, and the headers of their sources.

import { describe, expect, test } from 'vitest';
import { checkDefinitions } from '../../src/definition/load.ts';
import { loadProject } from '../../src/definition/project.ts';
import { viewText as textOfView } from '../../src/definition/view-text.ts';
import { formatProblem } from '../../src/definition/yaml/problem.ts';
import { SOURCE_KINDS } from '../../src/sources/index.ts';
import { NOW, projectFolder, SHOP, viewText } from './project-folder.ts';

const VARIABLE = '$' + '{ENGINE_TOKEN}';
const ENGINE = `{ url: "https://api.example.com/v1", bearer: "${VARIABLE}" }`;
const PAGES = {
  source: 'engine',
  path: '/v1/users',
  pages: '{ next: "$.next_cursor", parameter: cursor }',
  records: '$.data',
  query: null,
  columns: '{ entity_id: id, timestamp: updated_at, value: score }',
};

function folder(view: Readonly<Record<string, string | null>>, engine = ENGINE) {
  const config = `${SHOP['millrace.yaml']}  engine: ${engine}\n`;
  return projectFolder({ 'millrace.yaml': config, 'features/x.yaml': viewText(view) });
}

async function problemsOf(view: Readonly<Record<string, string | null>>, engine = ENGINE): Promise<string[]> {
  using project = folder(view, engine);
  const { problems } = await checkDefinitions(project.folder, NOW, SOURCE_KINDS);
  return problems.map((problem) => formatProblem(problem).replace(/^\S+:\d+:\d+: /, ''));
}

describe('a view over an HTTP API', () => {
  test('is read with its defaults, and written back', async () => {
    using project = folder({ ...PAGES, kind: 'events', parameters: '{ from: "{{start}}", to: "{{end}}" }' });
    const { definitions } = await checkDefinitions(project.folder, NOW, SOURCE_KINDS);
    const [view] = definitions?.views ?? [];
    expect(view?.files).toEqual({
      pages: {
        pattern: 'pages.json',
        format: 'json',
        types: {},
        windowMs: 86_400_000,
        onMissing: 'empty',
        lateMs: 0,
        onBadField: 'refuse',
        records: '$.data',
        request: {
          path: '/v1/users',
          parameters: { from: '{{start}}', to: '{{end}}' },
          pages: { next: '$.next_cursor', parameter: 'cursor', max: 10_000 },
        },
      },
    });
    if (view === undefined) return;
    using again = projectFolder({
      'millrace.yaml': `${SHOP['millrace.yaml']}  engine: ${ENGINE}\n`,
      'features/x.yaml': textOfView(view),
    });
    const { definitions: same } = await checkDefinitions(again.folder, NOW, SOURCE_KINDS);
    expect(same?.views).toEqual([view]);
  });

  test.each<[Readonly<Record<string, string | null>>, string]>([
    [{ path: 'v1' }, '`path`: expected a path that starts with / and has no spaces, such as /v1/users'],
    [{ pages: null }, '`pages` is missing; expected the pagination, such as { next: link }'],
    [{ pages: '{}' }, '`pages`: expected either `next` or `offset`'],
    [{ pages: '{ next: link, offset: o }' }, '`pages`: expected either `next` or `offset`'],
    [{ pages: '{ next: cursor }' }, "`pages.next`: expected a path such as $.next_cursor, or link, found 'cursor'"],
    [
      { pages: '{ next: link, parameter: cursor }' },
      '`pages.parameter`: only for a cursor, where `next` is a path such as $.next_cursor',
    ],
    [{ format: 'csv', records: null }, '`pages.next`: csv pages have no cursor; use `link` or `offset`'],
    [
      { records: null },
      '`pages.next`: with a cursor, the response is an object; set `records` to the path of its rows, such as $.data',
    ],
    [{ format: 'parquet' }, '`format`: expected json or csv for an HTTP API'],
    [{ files: 'a/{yyyy}-{MM}-{dd}.csv' }, '`files`: cannot be combined with `path`; it is only for files'],
    [{ delimiter: '";"' }, '`delimiter`: only for CSV'],
    [
      { parameters: '{ from: "{{strat}}" }' },
      '`parameters.from`: unknown placeholder {{strat}}; expected {{start}} or {{end}}',
    ],
    [
      { kind: 'latest', interval: null, start: null, path: '"/v1/users?to={{end}}"' },
      '`path`: a view of kind latest has no intervals, so it cannot use {{start}} or {{end}}',
    ],
    [
      { path: null },
      "`source`: 'engine' (https:) is an HTTP server; add `path` and `pages` to the view to read an API, add `files`, or choose another source",
    ],
    [
      { source: 'lake' },
      "`path`: the source 'lake' (file:) is not an HTTP API; choose a source with a URL such as https://api.example.com",
    ],
    [{ columns: null }, '`query` is missing; expected SQL over the table `pages`, or `columns`'],
    [
      { from: '{ table: users, entity_id: id, timestamp: updated_at }' },
      '`path`: cannot be combined with `from`; to aggregate the pages of an HTTP API, write a `query` over the table `pages`',
    ],
    [
      {
        ...{ from: '{ table: users, entity_id: id, timestamp: updated_at }', kind: 'snapshot', type: null },
        ...{ path: null, pages: null, records: null, columns: null },
        features: '[{ name: n, type: int, aggregate: count }]',
      },
      "`from`: 'engine' (https:) is an HTTP server and has no tables; expected `files`, or a `query` over its pages instead of `from`",
    ],
  ])('reports %j', async (keys, sentence) => {
    expect((await problemsOf({ ...PAGES, ...keys })).join('\n')).toContain(sentence);
  });

  // The time for these must not grow with the square of their length.
  test.each([' ', '{', '}', 'x'])('reads a placeholder with 100,000 of %j', async (character) => {
    const run = character.repeat(100_000);
    const problems = await problemsOf({ ...PAGES, parameters: `{ from: "{{${run}x${run}", to: "{{strat}}" }` });
    expect(problems.join('\n')).toContain('unknown placeholder {{');
    expect(Math.max(...problems.map(({ length }) => length))).toBeLessThan(1_000);
  });

  test.each([
    [{ format: 'csv', records: null, pages: '{ offset: skip, max: 5 }', skip_lines: '1' }],
    [{ query: 'select id as entity_id, score as value, {{end}} as timestamp from pages', columns: null }],
    [{ kind: 'latest', interval: null, start: null }],
  ])('accepts %j', async (keys) => {
    expect(await problemsOf({ ...PAGES, ...keys })).toEqual([]);
  });
});

describe('headers of a source', () => {
  test.each([
    [
      '{ url: "https://h/v1", bearer: abc123 }',
      '`sources.engine.bearer`: expected a variable such as $' +
        '{NAME}, not the secret itself; set NAME (or NAME_FILE) in the environment',
    ],
    [
      '{ url: "https://h/v1", headers: { X-Api-Key: abc123 } }',
      '`sources.engine.headers.X-Api-Key`: expected a variable such as $' +
        '{NAME}, not the secret itself; set NAME (or NAME_FILE) in the environment',
    ],
    [
      '{ url: "s3://bucket", headers: { Accept: text } }',
      '`sources.engine.headers`: only for a source with a URL such as https://api.example.com',
    ],
  ])('are checked: %s', async (engine, sentence) => {
    const found = await problemsOf(PAGES, engine);
    expect(found).toContain(sentence);
    expect(found.join()).not.toContain('abc123');
  });

  test('are resolved from the environment, and again from files', async () => {
    const key = '$' + '{ENGINE_KEY}';
    using project = folder(
      PAGES,
      `{ url: "https://h/v1", bearer: "${VARIABLE}", headers: { X-Api-Key: "k-${key}", Accept: text/csv } }`,
    );
    const env = {
      MILLRACE_OFFLINE_URL: 'postgres://h/offline',
      MILLRACE_ONLINE_URL: 'redis://h/1',
      MILLRACE_QUEUE_URL: 'redis://h/2',
      SHOP_DATABASE_URL: 'mysql://h/shop',
    };
    await expect(loadProject(project.folder, env, NOW)).rejects.toThrow(/ENGINE_TOKEN .*is not set/s);
    const secrets = { ENGINE_TOKEN: 'se$&cr$1et$$', ENGINE_KEY: VARIABLE };
    const { connections } = await loadProject(project.folder, { ...env, ...secrets }, NOW);
    const headers = { 'x-api-key': `k-${VARIABLE}`, accept: 'text/csv', authorization: 'Bearer se$&cr$1et$$' };
    expect(connections.sources['engine']?.headers).toEqual(headers);
    await expect(loadProject(project.folder, { ...env, ENGINE_TOKEN: 'a\nb', ENGINE_KEY: '7' }, NOW)).rejects.toThrow(
      /header authorization .* contains a line break/,
    );
  });
});
