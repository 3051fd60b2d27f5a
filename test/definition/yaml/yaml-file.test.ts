import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { formatProblem, type KeyPath } from '../../../src/definition/yaml/problem.ts';
import { readYaml } from '../../../src/definition/yaml/yaml-file.ts';

const problemsOf = (text: string | Uint8Array) =>
  readYaml('a.yaml', typeof text === 'string' ? new TextEncoder().encode(text) : text).problems.map(formatProblem);

describe('readYaml', () => {
  test.each([
    ['', 'a.yaml: the file is empty'],
    ['# only a comment\n', 'a.yaml: the file is empty'],
    ['~', 'a.yaml: the file is empty'],
    ['.nan', 'a.yaml: expected a map of keys, found the number NaN'],
    ['- a', 'a.yaml: expected a map of keys, found a list'],
    ['hello', "a.yaml: expected a map of keys, found 'hello'"],
    ['a: 1\na: 2', 'a.yaml:2:1: the key `a` is a duplicate of the one on line 1'],
    ['a: {b: 1, b: 2}', 'a.yaml:1:11: the key `b` is a duplicate of the one on line 1'],
    ['a: 1\n---\nb: 2', 'a.yaml:2:1: the file has more than one document (`---`); expected one'],
    ['a: b: c', 'a.yaml:1:4: a second `: ` on one line; put the value in quotes if it contains a colon'],
    ['a:\n\t- b', 'a.yaml:2:1: the line is indented with a tab; expected spaces'],
    ['a: "b', 'a.yaml:1:4: the quote that opens here is not closed'],
    ["a: 1\nb: 'c\nd: e\nf: 2\n", 'a.yaml:2:4: the quote that opens here is not closed'],
    ['a: {b: 1, "c": 2, "c', 'a.yaml:1:19: the quote that opens here is not closed'],
    ['a: 1\nquery: |\n  select 1\n\tfrom b\nc: 2\n', 'a.yaml:4:1: the line is indented with a tab; expected spaces'],
    ['query: |\n\tselect 1\n\tfrom b\n', 'a.yaml:2:1: the line is indented with a tab; expected spaces'],
    ['a:\n\tb: 1\n\tc: 2\n', 'a.yaml:2:1: the line is indented with a tab; expected spaces'],
    ['a: "\\#"', 'a.yaml:1:5: an unknown escape with `\\` in double quotes; put the value in single quotes'],
    ['a: @b', 'a.yaml:1:4: a value that starts with `@` must be in quotes: `a: "@b"`'],
    ['a: !!js/function x', 'a.yaml:1:4: a tag (`!…`); expected a value without a tag, or in quotes'],
    ['? [a]\n: b', 'a.yaml:1:3: a key must be a string'],
    ['a: &x [*x]', 'a.yaml:1:8: an alias is inside the anchor that it refers to'],
    ['a: *x', 'a.yaml:1:4: a value that starts with `*` must be in quotes: `a: "*x"`'],
    [
      'name: x\ncron: */15 * * * *\nviews: [a]',
      'a.yaml:2:7: a value that starts with `*` must be in quotes: `cron: "*/15 * * * *"`',
    ],
    [
      'cron: * * * * * # each minute',
      'a.yaml:1:7: a value that starts with `*` must be in quotes: `cron: "* * * * *"`',
    ],
    ['files: *.csv', 'a.yaml:1:8: a value that starts with `*` must be in quotes: `files: "*.csv"`'],
    [
      'files: {yyyy}-{MM}.csv',
      'a.yaml:1:8: a value that starts with `{` must be in quotes: `files: "{yyyy}-{MM}.csv"`',
    ],
    ['query: {{start}}', 'a.yaml:1:8: a value that starts with `{` must be in quotes: `query: "{{start}}"`'],
    ['files: [ab]/{dd}.csv', 'a.yaml:1:8: a value that starts with `[` must be in quotes: `files: "[ab]/{dd}.csv"`'],
    ['views:\n  - *\n  - b', 'a.yaml:2:5: a value that starts with `*` must be in quotes: `- "*"`'],
    ['views: [tag:a, *]', 'a.yaml:1:16: a value that starts with `*` must be in quotes'],
    ['delimiter: `', 'a.yaml:1:12: a value that starts with a backtick must be in quotes: `delimiter: "`"`'],
    ['a: "b" c', 'a.yaml:1:8: unexpected text after the end of the value; put the whole value in quotes'],
    [new Uint8Array([0x61, 0xff]), 'a.yaml: the file is not UTF-8 text'],
    [`a: ${'x'.repeat(262_144)}`, 'a.yaml: the file has 262147 bytes; expected at most 262144'],
  ])('refuses %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test('refuses a small text with aliases that expand to gigabytes', () => {
    const bomb = [
      'a0: &a0 [x]',
      ...Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`),
    ];

    expect(problemsOf(bomb.join('\n'))).toEqual([
      'a.yaml: the file cannot be read as YAML: Excessive alias count indicates a resource exhaustion attack',
    ]);
  });

  test('keeps dates and yes as text, and reads a few aliases', () => {
    const { yaml } = readYaml(
      'a.yaml',
      new TextEncoder().encode('\ufeffa: &x 2026-09-01\nb: [*x, yes, 0x10, 1e3]\n<<: {c: 1}\n'),
    );

    expect(yaml?.value).toEqual({ a: '2026-09-01', b: ['2026-09-01', 'yes', 16, 1000], '<<': { c: 1 } });
  });

  test('reports a problem at the nearest key in the file', () => {
    const { yaml } = readYaml('a.yaml', new TextEncoder().encode('\na:\n  - b: 1\n    c: 2\n'));

    expect([
      yaml?.problemAt(['a', 0, 'c'], ''),
      yaml?.problemAt(['a', 0, 'c'], '', 'key'),
      yaml?.problemAt(['a', 0, 'absent'], ''),
      yaml?.problemAt(['absent'], ''),
    ]).toEqual([
      { file: 'a.yaml', line: 4, column: 8, key: 'a[0].c', message: '' },
      { file: 'a.yaml', line: 4, column: 5, key: 'a[0].c', message: '' },
      { file: 'a.yaml', line: 3, column: 5, key: 'a[0].absent', message: '' },
      { file: 'a.yaml', line: 2, column: 1, key: 'absent', message: '' },
    ]);
  });
});

describe('readYaml, with numbers that keep their digits', () => {
  const inside = (path: KeyPath) => path.length > 1;
  const readValue = (text: string) =>
    JSON.stringify(readYaml('a.yaml', new TextEncoder().encode(text), inside).yaml?.value);

  test.each([
    ['a: 1.50\nb: { c: 1.50, d: [0x10, 1e2, 2] }', '{"a":1.5,"b":{"c":1.50,"d":[16,1e2,2]}}'],
    ['b: { c: &n 1.50 }\na: *n', '{"b":{"c":1.5},"a":1.5}'],
    ['b: { c: &n 1.50, d: *n }\ne: [*n]', '{"b":{"c":1.50,"d":1.50},"e":[1.50]}'],
    ['b: [&m { c: 1.50 }]\na: *m', '{"b":[{"c":1.50}],"a":{"c":1.50}}'],
    ['b: { c: &n 1.50 }\nd: { c: &n 2.50 }\na: *n', '{"b":{"c":1.50},"d":{"c":2.5},"a":2.5}'],
    ['b: &m { c: &n 1.50 }\nd: { c: &n 2.50, d: *m }\na: *n', '{"b":{"c":1.50},"d":{"c":2.5,"d":{"c":1.50}},"a":2.5}'],
  ])('replaces only those in %s that keep them at each of their places', (text, value) => {
    expect(readValue(text)).toBe(value);
  });

  test('gives the path the value of the file, which may be anything', () => {
    const bytes = new TextEncoder().encode('keep: true\na: 1.50');
    const { yaml } = readYaml('a.yaml', bytes, (path, value) =>
      isDeepStrictEqual([path, value], [['a'], { keep: true, a: 1.5 }]),
    );
    expect(JSON.stringify(yaml?.value)).toBe('{"keep":true,"a":1.50}');
  });
});
