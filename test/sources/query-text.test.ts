import { describe, expect, test } from 'vitest';
import { stripSql } from '../../src/definition/query/strip-sql.ts';
import { parseTemplate, placeholdersOf, unknownPlaceholders } from '../../src/definition/query/template.ts';
import { positionOf, statementProblem } from '../../src/sources/mysql/statement.ts';
import { renderedQuery } from '../../src/sources/query-text.ts';
import { eventsView } from './worlds.ts';

const DIALECTS = ['postgres', 'mysql', 'duckdb'] as const;
const LONG = 200_000;

function rendered(query: string): string {
  return renderedQuery(query, { view: eventsView({ query }), span: null }, 'postgres');
}

describe('renderedQuery', () => {
  test.each([
    ['select 1', 'select 1'],
    ['select 1 ; ', 'select 1'],
    ['select 1;;', 'select 1;'],
    ['select 1 -- last\n ; -- done\n', 'select 1'],
    ["select ';' ;", "select ';'"],
    ["select ' ; '", "select ' ; '"],
    [' ; ', ''],
  ])('removes the end of %j', (query, text) => {
    expect(rendered(query)).toBe(text);
  });

  // With a regular expression that restarts at each character, each of these would take minutes.
  test('reads 200,000 blanks between two words like one', () => {
    const query = `select 1${' '.repeat(LONG)}as value`;
    expect(rendered(query)).toBe(query);
    expect(rendered(`${query}${' '.repeat(LONG)};${' '.repeat(LONG)}`)).toBe(query);
  });
});

describe('the text of a query', () => {
  const runs = [
    ' ', '\t', '\n', '\r\n', ';', '; ', 'a', 'é', '1', '.', ',', '-', '--', '--\n', '- ', '/', '/*', '*/', '/* */', '/*!', '*',
    "'", "''", "e'", "\\'", '"', '""', '`', '$', '$$', '$a', '$a$', '{', '{{', '}}', '{{ ', '{{end}}', '(', ')', '[', '\\', '#', '# ',
    '?', '@', '\0', '\ud800', 'e', '1e', 'into ', 'select ',
  ]; // biome-ignore format: one table

  test.each(runs)('is looked through in one go where %j comes 20,000 times', (run) => {
    for (const [before, after] of [
      ['', ''],
      ['select ', ' x'],
      ["select e'", '!'],
      ['select 1 /* ', '\n;'],
    ]) {
      const query = `${before}${run.repeat(20_000)}${after}`;
      for (const dialect of DIALECTS) {
        expect(parseTemplate(query, dialect).length).toBeGreaterThan(0);
        expect(placeholdersOf(parseTemplate(query, dialect)).has('start')).toBe(false);
        expect(unknownPlaceholders(query, dialect).length).toBeLessThanOrEqual(1);
        expect(stripSql(query, dialect).length).toBeLessThanOrEqual(query.length);
      }
      expect(rendered(query).length).toBeLessThanOrEqual(query.length);
      statementProblem(query);
      positionOf(query, `Unknown column '${run}' in 'field list'`);
      positionOf(query, `You have an error near '${run}' at line 1`);
    }
  });
});
