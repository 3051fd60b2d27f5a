import { describe, expect, test } from 'vitest';
import { problemsOf, viewText } from '../project-folder.ts';

const lake = { source: 'lake', files: 'a/{yyyy}-{MM}-{dd}.csv' };

/** The problems of one view, without its file and position. */
async function sentencesOf(keys: Readonly<Record<string, string | null>>): Promise<string[]> {
  const problems = await problemsOf({ 'features/x.yaml': viewText(keys) });
  return problems.map((problem) => problem.replace(/^features\/x\.yaml:\d+:\d+: /, ''));
}

describe('viewFindings', () => {
  test.each([
    [
      { interval: '7h' },
      "`interval`: expected a duration that divides a day (5m, 1h, 6h) or whole days (1d, 7d), found '7h'",
    ],
    [
      { interval: '0s' },
      "`interval`: expected a duration that divides a day (5m, 1h, 6h) or whole days (1d, 7d), found '0s'",
    ],
    [{ interval: null }, '`interval` is missing; expected a duration such as 1h or 1d'],
    [{ start: null }, '`start` is missing; expected a date such as 2026-09-01'],
    [{ start: '2026-02-30' }, "`start`: '2026-02-30' is not a valid date"],
    [{ start: '1066-10-14' }, "`start`: expected a date from 1900 to 2200, found '1066-10-14'"],
    [
      { start: '2026-09-01T06:00' },
      "`start`: '2026-09-01T06:00' is not the start of a 1d interval; the nearest are 2026-09-01T00:00:00Z and 2026-09-02T00:00:00Z",
    ],
    [
      { start: '2026-09-01', interval: '7d' },
      "`start`: '2026-09-01' is not the start of a 7d interval; the nearest are 2026-08-27T00:00:00Z and 2026-09-03T00:00:00Z",
    ],
    [{ end: '2026-09-01' }, "`end`: expected a date after start (2026-09-01), found '2026-09-01'"],
    [{ ttl: '0d' }, '`ttl`: expected more than zero; remove it if values never expire'],
    [
      { kind: 'latest', start: null, interval: null, query: 'select 1', ttl: '0s' },
      '`ttl`: expected more than zero; remove it if values never expire',
    ],
    [
      { kind: 'latest', start: null, interval: null, query: 'select 1', freshness: '0s' },
      '`freshness`: expected more than zero',
    ],
    [
      { settle: '1h', freshness: '25h' },
      "`freshness`: expected more than `interval` plus `settle` (1d + 1h), found '25h'",
    ],
    [{ kind: 'latest', start: null, query: 'select 1' }, '`interval`: a view of kind latest has no intervals'],
    [
      { kind: 'latest', start: null, interval: null },
      '`query`: a view of kind latest has no intervals, so its query cannot use {{start}} or {{end}}',
    ],
    [
      { query: "select '{{end}}' -- {{end}}" },
      '`query`: {{end}} is in quotes, so it would be read as plain text; remove the quotes around it',
    ],
    [
      { query: "select '{{start}}', {{end}}", kind: 'events' },
      '`query`: {{start}} is in quotes, so it would be read as plain text; remove the quotes around it',
    ],
    [
      { query: 'select {{start}}, "{{ end }}"', kind: 'events' },
      '`query`: {{end}} is in quotes, so it would be read as plain text; remove the quotes around it',
    ],
    [{ query: 'select 1 -- {{end}}' }, '`query`: {{end}} is only in a comment; use it in the query'],
    [{ query: 'select 1 /* {{end}} */' }, '`query`: {{end}} is only in a comment; use it in the query'],
    [
      { kind: 'events' },
      '`query`: a query for events needs {{start}} and {{end}}, so that it can be rerun for a past interval; {{start}} is missing',
    ],
    [
      { kind: 'events', query: 'select 1' },
      '`query`: a query for events needs {{start}} and {{end}}, so that it can be rerun for a past interval; {{start}} and {{end}} are missing',
    ],
    [{ query: 'select {{end}}, {{ strat }}' }, '`query`: unknown placeholder {{strat}}; did you mean {{start}}?'],
    [
      { query: 'select {{end}}, {{interval_begin}}' },
      '`query`: unknown placeholder {{interval_begin}}; expected {{start}} or {{end}}',
    ],
    [{ query: null }, '`query` is missing; expected SQL that returns entity_id, timestamp and the features'],
    [
      { columns: '{entity_id: a, timestamp: b, value: c}' },
      '`columns`: only for a view over `files`; name the columns in the query',
    ],
    [{ type: null }, '`type` is missing; expected `type` for a single value, or a list of `features`'],
    [
      { features: '[{name: a, type: int}]' },
      '`type`: only for a view without `features`; set it for each feature instead',
    ],
    [{ type: null, features: '[{name: timestamp, type: int}]' }, "`features[0].name`: 'timestamp' is a reserved name"],
    [{ type: null, features: '[{name: xmin, type: int}]' }, "`features[0].name`: 'xmin' is a reserved name"],
    [
      { name: 'run_id' },
      "`name`: 'run_id' is a reserved name, and the view's only feature would have the same name; rename the view or use `features`",
    ],
    [
      { type: null, features: '[{name: a, type: int}, {name: a, type: int}]' },
      "`features[1].name`: duplicate feature 'a'",
    ],
    [
      { type: null, features: '[{name: a, type: int, nulls_max: 1%}]' },
      '`features[0].nulls_max`: needs `nullable: true`',
    ],
    [
      { type: null, features: '[{name: a, type: bool, min: 1}]' },
      '`features[0].min`: only for float, int, decimal, found type bool',
    ],
    [
      { type: null, features: '[{name: a, type: int, min: 2, max: 1}]' },
      '`features[0].max`: expected at least min (2), found 1',
    ],
    [{ type: null, features: '[]' }, '`features`: expected a list of 1 to 500 elements, found an empty list'],
    [{ format: 'csv' }, '`format`: only for a view over `files`'],
    [{ source: 'lke' }, "`source`: 'lke' is not under `sources` in millrace.yaml; did you mean `lake`?"],
    [{ ...lake, query: null }, '`query` is missing; expected SQL over the table `files`, or `columns`'],
    [
      { ...lake, columns: '{entity_id: a, timestamp: b, value: c}' },
      '`columns`: cannot be combined with `query`; remove one of them',
    ],
    [
      { ...lake, query: null, columns: '{entity_id: a, timestamp: b, valu: c, value: d}' },
      'unknown key `valu` in `columns`; did you mean `value`?',
    ],
    [
      { ...lake, query: null, columns: '{entity_id: a, value: d}' },
      '`columns`: `timestamp` is missing; expected entity_id, timestamp, value',
    ],
    [
      { ...lake, files: '/a/{yyyy}-{MM}-{dd}.csv' },
      "`files`: '/a/{yyyy}-{MM}-{dd}.csv' is an absolute path; expected a path relative to the source",
    ],
    [
      { ...lake, files: 'a/../{yyyy}-{MM}-{dd}.csv' },
      "`files`: 'a/../{yyyy}-{MM}-{dd}.csv' has `.` or `..`; expected a path relative to the source",
    ],
    [
      { ...lake, files: 'a/{yyyy}-{MM}-{dd}/**', format: 'csv' },
      "`files`: 'a/{yyyy}-{MM}-{dd}/**' ends with `**`, which matches folders only; write `**/*`",
    ],
    [
      { ...lake, files: 'a/{yyyy}-{mm}-{dd}.csv' },
      "`files`: 'a/{yyyy}-{mm}-{dd}.csv' has the unknown placeholder {mm}; did you mean {MM}?",
    ],
    [
      { ...lake, files: 'a/{dd}.csv' },
      "`files`: 'a/{dd}.csv' has {dd} without {yyyy}, so several intervals would read the same file; add {yyyy}",
    ],
    [
      { ...lake, files: 'a/{yyyy}-{MM}.csv' },
      '`files`: a file covers up to 31d, more than the interval of 1d; add finer placeholders, or make the interval longer',
    ],
    [
      { ...lake, files: 'a.csv' },
      '`files`: the pattern has no date; expected placeholders such as {yyyy} {MM} {dd}, at least as fine as the interval (1d), or `kind: latest` for files without dates',
    ],
    [
      { ...lake, interval: '1h' },
      '`files`: a file covers up to 1d, more than the interval of 1h; add finer placeholders, or make the interval longer',
    ],
    [
      { ...lake, files: 'a/{yyyy}-{MM}-{dd}.txt' },
      "`files`: 'a/{yyyy}-{MM}-{dd}.txt' has no known extension; expected .csv, .parquet, .json, .ndjson or .jsonl (all but .parquet also with .gz, .zst, .bz2 or .zip), or set `format`",
    ],
    [
      { ...lake, files: 'a/{yyyy}-{MM}-{dd}.parquet', types: '{a: int}' },
      '`types`: only for CSV and JSON; Parquet files have their own types',
    ],
    [{ ...lake, files: 'a/{yyyy}-{MM}-{dd}.json', delimiter: '";"' }, '`delimiter`: only for CSV'],
    [{ ...lake, delimiter: '";;"' }, '`delimiter`: expected one character such as "," ";" "|" or "\\t", found \';;\''],
    [{ ...lake, delimiter: "'|'", quote: "'|'" }, '`delimiter`: must differ from `quote`'],
    [
      { ...lake, files: 'a/{yyyy}-{MM}-{dd}.parquet', encoding: 'latin-1' },
      '`encoding`: only for CSV and JSON; Parquet files have no encoding',
    ],
    [
      { ...lake, encoding: 'latin1' },
      "`encoding`: expected one of utf-8, utf-16, latin-1, windows-1252, found 'latin1'; did you mean `latin-1`?",
    ],
    [{ ...lake, records: '$.data' }, '`records`: only for JSON'],
    [
      { ...lake, files: 'a/{yyyy}-{MM}-{dd}.json', records: 'data' },
      "`records`: expected a path such as $.data, found 'data'",
    ],
    [
      { ...lake, decimal_mark: '","', types: '{v: float}' },
      '`decimal_mark`: must differ from `delimiter`; set the delimiter of the files, such as `";"`',
    ],
    [
      { ...lake, decimal_mark: '","', thousands: '","', delimiter: '";"', types: '{v: float}' },
      '`thousands`: must differ from `decimal_mark`',
    ],
    [
      { ...lake, thousands: '"."', types: '{v: int}' },
      '`thousands`: must differ from `decimal_mark`, which is "." by default',
    ],
    [
      { ...lake, thousands: '","', quote: 'none', types: '{v: "decimal(9,2)"}' },
      '`thousands`: must differ from `delimiter`',
    ],
    [{ ...lake, thousands: `"'"`, quote: `"'"`, types: '{v: int}' }, '`thousands`: must differ from `quote`'],
    [
      { ...lake, thousands: '","', types: '{v: string}' },
      '`thousands`: has no effect, because no column in `types` is a number; add the columns with these marks',
    ],
    [
      { ...lake, quoted_null: 'true', quote: 'none' },
      '`quoted_null`: has no effect with `quote: none`; remove one of them',
    ],
    [{ ...lake, skip_lines: '-1' }, '`skip_lines`: expected a whole number from 0 to 1000, found the number -1'],
    [
      { ...lake, files: 'a/{yyyy}-{MM}-{dd}[0-9.csv' },
      "`files`: 'a/{yyyy}-{MM}-{dd}[0-9.csv' has an unclosed or empty bracket; expected a class such as [0-9]",
    ],
    [
      { ...lake, files: 'a/{yyyy}-{MM}-{dd}{a/b,c}.csv' },
      "`files`: 'a/{yyyy}-{MM}-{dd}{a/b,c}.csv' has a slash in {a/b,c}; expected alternatives within one segment of the path",
    ],
    [
      { ...lake, files: 'a/{yyyy}-{MM}-{dd}.{csv,json}' },
      "`files`: 'a/{yyyy}-{MM}-{dd}.{csv,json}' has no known extension; expected .csv, .parquet, .json, .ndjson or .jsonl (all but .parquet also with .gz, .zst, .bz2 or .zip), or set `format`",
    ],
    [{ ...lake, null_text: '"a,b"' }, '`null_text`: expected a string without delimiters, quotes and line breaks'],
    [{ ...lake, header: '[a, A]' }, "`header`: duplicate column 'A' (upper and lower case are not distinguished)"],
    [
      { ...lake, types: '{a: "decimal(9,10)"}' },
      "`types.a`: expected one of float, int, decimal, string, bool, json, timestamp, vector(n), decimal(p,s), found 'decimal(9,10)'; did you mean `decimal(p,s)`?",
    ],
    [{ ...lake, safe_bound: 'true' }, '`safe_bound`: only for a view on Postgres'],
    [
      { source: 'lake', tables: '{a: {files: "a/{yyyy}-{MM}-{dd}.csv"}}', on_missing: 'wait' },
      '`on_missing`: cannot be combined with `tables`; set it for each table',
    ],
    [
      { ...lake, tables: '{a: {files: "a/{yyyy}-{MM}-{dd}.csv"}}' },
      '`files`: cannot be combined with `tables`; move it under `tables`',
    ],
    [{ source: 'lake', tables: '{}' }, '`tables`: expected at least one table, found an empty map'],
    [
      { source: 'lake', tables: '{a: {format: csv}}' },
      '`tables.a.files` is missing; expected a file pattern such as sales/{yyyy}-{MM}-{dd}.csv',
    ],
    [
      { source: 'lake', tables: '{a: {files: "a.csv"}}' },
      '`tables.a.files`: the pattern has no date; expected placeholders such as {yyyy} {MM} {dd}, at least as fine as the interval (1d), or `kind: latest` for files without dates',
    ],
    [
      { source: 'lake', tables: '{a: {files: "a.csv", late_files: 7d}, b: {files: "b/{yyyy}-{MM}-{dd}.csv"}}' },
      '`tables.a.late_files`: the pattern has no date, so the table has the same files for every interval',
    ],
    [
      { source: 'lake', tables: '{a: {files: "a.csv", on_missing: empty}, b: {files: "b/{yyyy}-{MM}-{dd}.csv"}}' },
      '`tables.a.on_missing`: expected fail or wait; the pattern has no date, so the table has the same files for every interval',
    ],
    [
      { source: 'lake', tables: '{a: {files: "a/{yyyy}-{MM}-{dd}.csv", files_window: 36h}}' },
      "`tables.a.files_window`: expected a multiple of the interval (1d), found '36h'",
    ],
    [
      { source: 'lake', tables: '{a: {files: "a/{yyyy}-{MM}-{dd}.parquet"}, b: {files: "b/{yyyy}-{MM}-{dd}.csv"}}' },
      '`tables.a.on_missing`: expected wait or fail; with several tables, the columns of a Parquet table without files are unknown',
    ],
    [
      { source: 'lake', query: null, tables: '{a: {files: "a/{yyyy}-{MM}-{dd}.csv"}}' },
      '`query` is missing; expected SQL over the tables under `tables`',
    ],
    [{ ...lake, files_window: '36h' }, "`files_window`: expected a multiple of the interval (1d), found '36h'"],
    [{ ...lake, on_missing: 'skip' }, "`on_missing`: expected one of empty, wait, fail, found 'skip'"],
    [{ refused_max: '101%' }, "`refused_max`: expected a share such as 1% or 0.01, at most 100%, found '101%'"],
    [{ refused_max: '1.5' }, '`refused_max`: expected a share such as 1% or 0.01, at most 100%, found the number 1.5'],
    [
      { name: 'Spend' },
      "`name`: expected a name: a lower-case letter, then at most 47 lower-case letters, digits or _, found 'Spend'",
    ],
    [
      { kind: 'event' },
      "`kind`: expected one of events, snapshot, latest, pushed, found 'event'; did you mean `events`?",
    ],
    [
      { type: 'vector(0)' },
      "`type`: expected one of float, int, decimal, string, bool, json, timestamp, vector(n), found 'vector(0)'",
    ],
    [{ description: '[a]' }, '`description`: expected a string, found a list'],
    [{ tags: '' }, '`tags`: expected a list, found nothing'],
    [{ settle: '5 minutes' }, "`settle`: expected a duration such as 30s, 5m, 1h or 1d, found '5 minutes'"],
    [{ lookback: '1.5' }, '`lookback`: expected a whole number from 0 to 100000, found the number 1.5'],
    [{ redacted: 'yes' }, "`redacted`: expected true or false, found 'yes'"],
    [{ fresh: '1d' }, '`fresh`'],
  ])('in %j report %s', async (keys, sentence) => {
    const sentences = await sentencesOf(keys);

    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain(sentence);
  });

  test('accept a view that several rules apply to', async () => {
    expect(
      await sentencesOf({ ...lake, interval: '7d', start: '2026-08-27', files_window: '28d', types: '{a: int}' }),
    ).toEqual([]);
    expect(
      await sentencesOf({
        ...lake,
        kind: 'latest',
        interval: null,
        start: null,
        files: 'all/*.parquet',
        query: 'select 1',
      }),
    ).toEqual([]);
    expect(await sentencesOf({ query: '"select {{end}} # don\'t\\n {{end}}"' })).toEqual([]);
  });

  test('accept events whose time is given by their files alone', async () => {
    const events = { kind: 'events', query: 'select 1', ...lake };
    expect(await sentencesOf(events)).toEqual([]);
    expect(await sentencesOf({ ...events, files_window: '1d' })).toEqual([]);
    expect(await sentencesOf({ ...events, files_window: '7d' })).toEqual([
      '`query`: a query for events needs {{start}} and {{end}}, so that it can be rerun for a past interval; {{start}} and {{end}} are missing',
    ]);
  });

  test('report all mistakes of a file together', async () => {
    expect(
      await problemsOf({
        'features/x.yaml':
          'name: x\nkind: evnts\nsource: shp\nintervall: 1h\nfrequency: 5\nstart: 2026-09-31\nfeatures:\n  - {name: a, tpye: int}\n  - 5\nquery: "{{strat}}"\n',
      }),
    ).toEqual([
      'features/x.yaml:1:1: `entity` is missing; expected a name: a lower-case letter, then at most 47 lower-case letters, digits or _; or a list of 2 to 5 names',
      "features/x.yaml:2:7: `kind`: expected one of events, snapshot, latest, pushed, found 'evnts'; did you mean `events`?",
      "features/x.yaml:3:9: `source`: 'shp' is not under `sources` in millrace.yaml; did you mean `shop`?",
      'features/x.yaml:4:1: unknown key `intervall`; did you mean `interval`?',
      'features/x.yaml:5:1: unknown key `frequency`; all keys are listed in docs/reference/files',
      "features/x.yaml:6:8: `start`: '2026-09-31' is not a valid date",
      'features/x.yaml:8:15: unknown key `tpye` in `features[0]`; did you mean `type`?',
      'features/x.yaml:9:5: `features[1]`: expected a map, found the number 5',
      'features/x.yaml:10:9: `query`: unknown placeholder {{strat}}; did you mean {{start}}?',
    ]);
  });
});
