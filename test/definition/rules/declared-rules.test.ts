import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { viewFile } from '../../../src/definition/files/view-file.ts';
import { dataFingerprint, metaFingerprint } from '../../../src/definition/fingerprint.ts';
import { parseView } from '../../../src/definition/parse/parse-view.ts';
import { viewText } from '../../../src/definition/view-text.ts';
import { MILLRACE_YAML, problemsOf } from '../project-folder.ts';

const COUNT = '{ name: logins, type: int, aggregate: count, window: 1d }';
const FROM = '{ table: events, entity_id: user_id, timestamp: at }';

function activity(keys: Readonly<Record<string, string | null>> = {}): string {
  const written: Record<string, string | null> = {
    name: 'activity',
    entity: 'user',
    source: 'shop',
    kind: 'snapshot',
    interval: '1h',
    start: '2026-09-01',
    from: FROM,
    features: `[${COUNT}]`,
    ...keys,
  };
  return Object.entries(written)
    .flatMap(([key, text]) => (text === null ? [] : [`${key}: ${text}\n`]))
    .join('');
}

/** The problems of a view, without its file. */
async function sentencesOf(keys: Readonly<Record<string, string | null>>): Promise<string[]> {
  const problems = await problemsOf({ 'features/x.yaml': activity(keys) });
  return problems.map((problem) => problem.replace(/^features\/x\.yaml:/, ''));
}

const feature = (keys: string) => ({ features: `[{ name: x, ${keys} }]` });
const where = (filter: string) => ({ features: `[{ name: x, type: int, aggregate: count, where: ${filter} }]` });

describe('declaredFindings', () => {
  test('accepts a table, several windows and a named table', async () => {
    const tables = `${MILLRACE_YAML}tables:\n  events: ${FROM}\n`;
    const named = activity({
      from: 'events',
      features: '[{ name: n, type: int, aggregate: count, window: [1h, 24h] }]',
    });

    expect(await problemsOf({ 'millrace.yaml': tables, 'features/x.yaml': named })).toEqual([]);
    expect(await sentencesOf({})).toEqual([]);
  });

  test.each<[string, Readonly<Record<string, string | null>>, string]>([
    [
      'an unknown operator',
      feature('type: int, aggregate: counts'),
      "8:45: `features[0].aggregate`: expected one of count, count_distinct, sum, avg, min, max, median, stddev, percentile, first, last, first_seen, last_seen, time_since, velocity, lookup, found 'counts'; did you mean `count`?",
    ],
    [
      'a missing operator',
      feature('type: int'),
      '8:12: `features[0].aggregate` is missing; expected one of count, count_distinct, sum, avg, min, max, median, stddev, percentile, first, last, first_seen, last_seen, time_since, velocity, lookup',
    ],
    [
      'a window shorter than the interval',
      feature('type: int, aggregate: count, window: 30m'),
      "8:60: `features[0].window`: expected at least the interval (1h), found '30m'",
    ],
    [
      'a duplicate window',
      feature('type: int, aggregate: count, window: [1h, 1h]'),
      "8:60: `features[0].window`: duplicate '1h'",
    ],
    [
      'a percentile outside of 0 to 1',
      feature('type: float, aggregate: percentile, column: a, at: 90'),
      '8:74: `features[0].at`: expected a number from 0 to 1, found 90',
    ],
    [
      'a percentile without its share',
      feature('type: float, aggregate: percentile, column: a'),
      '8:12: `features[0].at` is missing; `percentile` needs it',
    ],
    [
      'a sum over text',
      feature('type: string, aggregate: sum, column: a'),
      '8:29: `features[0].type`: expected int, decimal, float for `sum`, found string',
    ],
    [
      'a sum without a column',
      feature('type: int, aggregate: sum'),
      '8:12: `features[0].column` is missing; `sum` needs it',
    ],
    [
      'a velocity without a window',
      feature('type: bool, aggregate: velocity, threshold: 3'),
      '8:12: `features[0].window` is missing; `velocity` needs it',
    ],
    [
      'a key of another operator',
      feature('type: int, aggregate: count, threshold: 3'),
      '8:52: `features[0].threshold`: not used by `count`; remove it',
    ],
    [
      'a default for a count',
      feature('type: int, aggregate: count, default: 3'),
      '8:52: `features[0].default`: not used by `count`; remove it',
    ],
    [
      'a default of another type',
      feature('type: float, aggregate: avg, column: a, default: none'),
      '8:72: `features[0].default`: expected a number, because the type is float',
    ],
    [
      'a kind other than snapshot',
      { kind: 'events' },
      "4:7: `kind`: expected snapshot for a view with `from`, found 'events'",
    ],
    ['a query too', { query: 'select {{end}}' }, '9:1: `query`: cannot be combined with `from`; remove one of them'],
    [
      'no features',
      { features: null },
      '1:1: `features` is missing; expected a list of features, each with an `aggregate`',
    ],
    [
      'neither a table nor files',
      { from: '{ entity_id: a, timestamp: b }' },
      '7:1: `from.table` is missing; expected `table` for a database, or `files`',
    ],
    [
      'both a table and files',
      { from: '{ table: x, files: "{yyyy}/{MM}/{dd}/{HH}.csv", entity_id: a, timestamp: b }' },
      '7:19: `from.files`: cannot be combined with `table`; remove one of them',
    ],
    [
      'options of files for a table',
      { from: '{ table: x, format: csv, entity_id: a, timestamp: b }' },
      '7:19: `from.format`: only for a table of `files`',
    ],
    [
      'an unknown table',
      { from: 'eventz' },
      "7:7: `from`: 'eventz' is not under `tables` in millrace.yaml; no tables are defined, or a map with `table` or `files`",
    ],
    [
      'an unknown comparison',
      where('{ a: { gtt: 3 } }'),
      '8:66: `features[0].where.a.gtt`: unknown comparison `gtt`; did you mean `gt`?',
    ],
    [
      'a comparison of texts by order',
      where('{ a: { gt: abc } }'),
      "8:70: `features[0].where.a.gt`: expected a number, a date such as 2026-09-01 or a time such as 2026-09-01T06:00:00Z, found 'abc'",
    ],
    [
      'a list without a comparison',
      where('{ a: [1, 2] }'),
      '8:64: `features[0].where.a`: expected a string, a number, true or false, or a map such as { in: [a, b] }, found a list',
    ],
    [
      'a list of different kinds',
      where('{ a: { in: [1, x] } }'),
      '8:70: `features[0].where.a.in`: expected values of the same kind, found a list',
    ],
    [
      'bounds that are not two',
      where('{ a: { between: [1] } }'),
      '8:75: `features[0].where.a.between`: expected a list of two values, found a list',
    ],
    ['an empty filter', where('{}'), '8:59: `features[0].where`: expected at least one condition, found an empty map'],
    [
      'a wrong filter in `from`',
      { from: '{ table: x, entity_id: a, timestamp: b, where: { any: 1 } }' },
      '7:61: `from.where.any`: expected a list of 1 to 1000 filters, found the number 1',
    ],
    [
      'an inexact number',
      where('{ a: 12345678901234567890 }'),
      '8:64: `features[0].where.a`: expected a number with at most 15 digits, because more digits could be rounded, found the number 12345678901234567000',
    ],
    [
      'a text compared with the time of a row',
      where('{ any: [{ b: 1 }, { at: { in: [2026-09-08] } }] }'),
      '8:59: `features[0].where`: `at` is the time of a row; compare it with `gte`, `gt`, `lte`, `lt` or `between`',
    ],
    [
      'a number with digits that are lost',
      where('{ a: { gte: 1234567890123.456789 } }'),
      '8:71: `features[0].where.a.gte`: expected a number with at most 15 digits, because more digits could be rounded, found the number 1234567890123.4568',
    ],
    [
      'a default with digits that are lost',
      feature('type: decimal, aggregate: max, column: a, default: 1234567890123.456789'),
      '8:74: `features[0].default`: expected a number with at most 15 digits, because the type is decimal',
    ],
    [
      'a default of a JSON value',
      feature('type: json, aggregate: lookup, table: t, column: a, default: 0'),
      '8:84: `features[0].default`: expected no default, because the type is json',
    ],
    [
      'a name that two features make',
      {
        features: `[{ name: n, type: int, aggregate: count, window: [1h] }, { name: n_1h, type: int, aggregate: count }]`,
      },
      "8:20: `features[0].name`: one of its windows creates the feature 'n_1h', which already exists",
    ],
    [
      'a name that is too long with its window',
      { features: `[{ name: ${'n'.repeat(46)}, type: int, aggregate: count, window: [24h] }]` },
      `8:20: \`features[0].name\`: '${'n'.repeat(46)}_24h' has more than 48 characters; expected a shorter name`,
    ],
  ])('refuses %s', async (_, keys, problem) => {
    expect(await sentencesOf(keys)).toEqual([problem]);
  });

  test('refuses keys of aggregates without `from`', async () => {
    expect(await sentencesOf({ from: null, query: 'select {{end}}' })).toEqual([
      '7:39: `features[0].aggregate`: only for a view with `from`',
      '7:57: `features[0].window`: only for a view with `from`',
    ]);
  });

  test('refuses a lookup and a missing window over files', async () => {
    const from = '{ files: "{yyyy}/{MM}/{dd}/{HH}.csv", entity_id: a, timestamp: b }';
    const lookup = '{ name: y, type: int, aggregate: lookup, table: t, column: c }';
    const features = `[{ name: x, type: int, aggregate: count }, ${lookup}]`;

    expect(await sentencesOf({ from, features, source: 'lake' })).toEqual([
      '8:12: `features[0].window` is missing; over files, a run reads only the files of a window',
      '8:87: `features[1].aggregate`: a view over files has no other table to look up; use a `query` with `tables`',
    ]);
  });

  test('refuses a table of a source of files, and a wrong table in millrace.yaml', async () => {
    expect(
      await problemsOf({
        'features/x.yaml': activity(),
        'millrace.yaml': `${MILLRACE_YAML}tables:\n  t: { table: a, entity_id: b, timestamp: c, where: {} }\n`,
      }),
    ).toEqual(['millrace.yaml:9:53: `tables.t.where`: expected at least one condition, found an empty map']);
  });
});

const parsed = (text: string) => parseView(viewFile.parse(parse(text)));

const RICH = activity({
  from: '{ table: shop.events, entity_id: user_id, timestamp: at, where: { any: [{ a: 1 }, { b: { in: [x, y] } }], c: null } }',
  features: stringify([
    {
      name: 'logins',
      type: 'int',
      aggregate: 'count',
      window: ['1h', '24h'],
      where: { type: 'login', at: { lt: '2026-09-01' } },
    },
    { name: 'p', type: 'float', aggregate: 'percentile', column: 'a', at: 0.9, nullable: false },
    { name: 'q', type: 'float', aggregate: 'median', column: 'a', default: 1.5 },
    { name: 'k', type: 'string', aggregate: 'lookup', table: 'profiles', entity_id: 'id', column: 'kyc', default: '' },
    { name: 'v', type: 'bool', aggregate: 'velocity', threshold: 3, window: '1h' },
  ])
    .replaceAll('\n', '\n  ')
    .replace(/^/, '\n  ')
    .trimEnd(),
});

describe('viewText', () => {
  test('writes declared features so that they parse to the same view', () => {
    const view = parsed(RICH);

    expect(view.features.map(({ name, nullable }) => [name, nullable])).toEqual([
      ['logins_1h', false],
      ['logins_24h', false],
      ['p', false],
      ['q', false],
      ['k', false],
      ['v', false],
    ]);
    expect(parsed(viewText(view))).toEqual(view);
  });

  test('writes declared files so that they parse to the same view', () => {
    const files =
      '{ files: "{yyyy}/{MM}/{dd}/{HH}.csv", types: { a: float }, delimiter: ";", entity_id: a, timestamp: b }';
    const view = parsed(
      activity({ from: files, features: '[{ name: a, type: float, aggregate: max, column: a, window: 90m }]' }),
    );

    expect(view.files?.['files']?.windowMs).toBe(7_200_000);
    expect(parsed(viewText(view))).toEqual(view);
  });
});

describe('dataFingerprint', () => {
  test('changes with a filter, a window or a column of declared features, and not with a description', () => {
    const view = parsed(activity());
    const changes = [
      { features: `[${COUNT.replace('1d', '2d')}]` },
      { from: FROM.replace('at ', 'seen ') },
      { description: 'x' },
    ];
    const of = changes.map((change) => dataFingerprint(parsed(activity(change))) !== dataFingerprint(view));
    const meta = changes.map((change) => metaFingerprint(parsed(activity(change))) !== metaFingerprint(view));

    expect([of, meta]).toEqual([
      [true, true, false],
      [false, false, true],
    ]);
  });
});

const incremental = (features: string, keys: Readonly<Record<string, string | null>> = {}) =>
  sentencesOf({ incremental: 'true', lookback: '2', features: `[${features}]`, ...keys });

describe('incrementalFindings', () => {
  test('accepts exact aggregates over multiples of the interval, and writes the key in the normal form', async () => {
    const features =
      '{ name: n, type: int, aggregate: count, window: [1h, 24h] }, { name: s, type: decimal, aggregate: sum, column: a, window: 7d }';
    expect(await incremental(features)).toEqual([]);
    const file = { ...parse(activity({ incremental: 'true', lookback: '2', features: `[${features}]` })) };
    const view = parseView(viewFile.parse(file));
    expect(viewText(view)).toContain('\nincremental: true\n');
    expect(parseView(viewFile.parse(parse(viewText(view))))).toEqual(view);
  });

  test.each([
    [
      '{ name: p, type: float, aggregate: median, column: a, window: 1d }',
      '8:47: `features[0].aggregate`: expected count, sum, min or max with `incremental: true`, found median; move the feature to a view without `incremental`',
    ],
    [
      '{ name: s, type: float, aggregate: sum, column: a, window: 1d }',
      '8:29: `features[0].type`: expected int or decimal with `incremental: true`, found float; move the feature to a view without `incremental`',
    ],
    [
      '{ name: n, type: int, aggregate: count }',
      '8:12: `features[0].window` is missing; an incremental view combines the partial aggregates of a window',
    ],
    [
      '{ name: n, type: int, aggregate: count, window: [2h, 90m] }',
      "8:60: `features[0].window`: expected a multiple of the interval (1h) with `incremental: true`, found '90m'",
    ],
  ])('refuses %s', async (features, sentence) => {
    expect(await incremental(features)).toEqual([sentence]);
  });

  test('wants to know how late rows are', async () => {
    const [problem, ...others] = await incremental(COUNT, { lookback: null });
    expect(problem).toContain(
      '`lookback` is missing; set the number of newest intervals that are read again for late rows (0 if rows are never late)',
    );
    expect(others).toEqual([]);
  });

  const IN_FILES = { source: 'lake', interval: '1d', features: `[${COUNT}]`, lookback: '2', incremental: 'true' };
  test.each([
    ['{ files: "{yyyy}/{MM}/{dd}/{HH}.csv", entity_id: a, timestamp: b }', '1d', []],
    [
      '{ files: "{yyyy}/{MM}/{dd}.csv", entity_id: a, timestamp: b, files_window: 1d }',
      '1d',
      [
        '`from.files_window`: cannot be combined with `incremental: true`, because a run reads only the files of its interval; remove it',
      ],
    ],
    [
      '{ files: "{yyyy}/{MM}/{dd}/{HH}.csv", entity_id: a, timestamp: b }',
      '90m',
      [
        '`from.files`: with `incremental: true`, expected {dd} or {HH}, and an interval that is a multiple of it, because each file must belong to one interval (90m)',
      ],
    ],
    [
      '{ files: "{yyyy}/{MM}.csv", entity_id: a, timestamp: b }',
      '31d',
      [
        '`from.files`: with `incremental: true`, expected {dd} or {HH}, and an interval that is a multiple of it, because each file must belong to one interval (31d)',
      ],
    ],
  ])('needs files of one interval each: %s every %s', async (from, interval, expected) => {
    const features = `[${COUNT.replace('1d', interval)}]`;
    const found = await sentencesOf({ ...IN_FILES, from, interval, features });
    expect(
      found.filter((sentence) => !sentence.includes('`start`')).map((sentence) => sentence.replace(/^\d+:\d+: /, '')),
    ).toEqual(expected);
  });

  test('needs `from`', async () => {
    const query = {
      from: null,
      features: null,
      type: 'int',
      query: '"select entity_id, value, {{end}} as timestamp from t"',
    };
    expect(await sentencesOf({ incremental: 'true', ...query })).toEqual([
      '7:1: `incremental`: only for a view with `from`',
    ]);
  });
});
