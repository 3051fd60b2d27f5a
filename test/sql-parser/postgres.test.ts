import { describe, expect, test } from 'vitest';
import { postgresParser } from '../../src/sql-parser/postgres.ts';

const parse = await postgresParser();

describe('postgresParser', () => {
  test('returns the syntax tree of each statement', () => {
    const parsed = parse('select 1 as one; delete from orders');
    const kinds = parsed.kind === 'parsed' ? parsed.statements.map((statement) => Object.keys(statement)) : [];
    expect(kinds).toEqual([['SelectStmt'], ['DeleteStmt']]);
  });

  test('names the word of a syntax error and its offset', () => {
    const sql = "select '🚚' as é, x amount value from orders";
    const message = 'syntax error at or near "value"';
    expect(parse(sql)).toEqual({ kind: 'syntax', message, at: sql.indexOf('value') });
  });

  test('puts an error at the end of the text at its end', () => {
    expect(parse('select (1')).toEqual({ kind: 'syntax', message: 'syntax error at end of input', at: 9 });
  });

  test.each(['', '  \n', '-- nothing'])('finds no statement in %j', (sql) => {
    expect(parse(sql)).toEqual({ kind: 'parsed', statements: [] });
  });

  test('refuses a NUL, which would end the text early', () => {
    expect(parse('select 1\0; drop table orders')).toMatchObject({ kind: 'syntax', at: 8 });
  });

  test('survives a text nested deeper than its stack', () => {
    const deep = `select ${'('.repeat(200_000)}`;
    expect(['syntax', 'unknown']).toContain(parse(deep).kind);
    expect(parse('select 1').kind).toBe('parsed');
  });
});
