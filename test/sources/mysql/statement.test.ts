import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../../src/core/instant.ts';
import { interval } from '../../../src/core/interval.ts';
import { mysqlConnectionFailure } from '../../../src/sources/mysql/failure.ts';
import { mysqlStatement, positionOf, statementProblem } from '../../../src/sources/mysql/statement.ts';
import { placeInQuery } from '../../../src/sources/query-text.ts';
import { eventsView } from '../worlds.ts';

describe('mysqlStatement', () => {
  test('replaces placeholders in code with parameters, with their values in the same order', () => {
    const query = "select '{{end}}', {{end}} /* {{start}} */ from t where at >= {{ start }} and at < {{end}} ; # done";
    const span = interval(epochMsOf(Date.UTC(2026, 0, 1)), epochMsOf(Date.UTC(2026, 0, 2)));

    expect(mysqlStatement(query, { view: eventsView({ query }), span })).toEqual({
      text: "select '{{end}}', cast(? as datetime(6)) /* {{start}} */ from t where at >= cast(? as datetime(6)) and at < cast(? as datetime(6))",
      values: ['2026-01-02 00:00:00.000', '2026-01-01 00:00:00.000', '2026-01-02 00:00:00.000'],
    });
  });
});

describe('statementProblem', () => {
  test.each([
    'select 1',
    ' ( ( SELECT 1 ) union all (select 2) )',
    '-- first\n/* then */ with a as (select 1) select * from a',
    '# only /*! into */ in a comment\nselect 1',
    'values (1, 2)',
    'table orders',
    'select \'into\', "; into", `into` from orders # into',
    'select /*+ max_execution_time(1000) */ /*!40001 sql_no_cache */ a from t',
  ])('accepts %j', (text) => expect(statementProblem(text)).toBe(null));

  test.each([
    ['insert into t values (1)', 'start with SELECT'],
    ['selection', 'start with SELECT'],
    ['/*! drop table t */', 'start with SELECT'],
    ['', 'start with SELECT'],
    ["'select' 1", 'start with SELECT'],
    ['select 1; drop table t', 'more than one statement'],
    ['select 1 /*!; drop table t */', 'more than one statement'],
    ["select 1 into outfile '/x'", 'INTO'],
    ["select 1 /*!50000 into outfile '/x' */", 'INTO'],
    ['select 1 /*M!100000 INTO @x */', 'INTO'],
    ["select 1 /*!99999 ' */ into outfile '/x' /*!99999 ' */", 'INTO'],
    ["select 'it\\'s' into @x", 'INTO'],
    [`select 1 ${'/*!'.repeat(20_000)}`, 'more than one statement'],
  ])('refuses %j', (text, problem) => expect(statementProblem(text)).toContain(problem));
});

describe('positionOf', () => {
  test.each([
    ["Unknown column 'amout' in 'SELECT'", ' (line 2, column 3 of the query)'],
    ["Table 'shop.orders' doesn't exist", ' (line 3, column 9 of the query)'],
    ["Unknown column 'o.weird$name' in 'ON'", ' (line 4, column 5 of the query)'],
    ["Unknown column 'twice' in 'SELECT'", ''],
    ["Unknown column 'quoted' in 'SELECT'", ''],
    ["Unknown column 'net-price' in 'SELECT'", ' (line 5, column 3 of the query)'],
    [`Unknown column '${'x'.repeat(100_000)}' in 'SELECT'`, ''],
    [
      "An error in your SQL syntax; use near ', twice from `orders` o o...' at line 2",
      ' (line 2, column 8 of the query)',
    ],
    ["An error in your SQL syntax; use near '`net-price`' at line 5", ' (line 5, column 2 of the query)'],
    ["An error in your SQL syntax; use near 'twice' at line 2", ''],
    ["An error in your SQL syntax; use near '' at line 5", ''],
    ['Something else went wrong', ''],
  ])('finds the place that %j refers to', (message, place) => {
    const text = "select '🦊 quoted', twice,\n  amout, twice\n  from `orders` o\n  o.weird$name\n `net-price`";
    const position = positionOf(text, message);
    expect(position === null ? '' : placeInQuery(text, position)).toBe(place);
  });
});

describe('mysqlConnectionFailure', () => {
  test.each([
    ['ECONNRESET', 'SOURCE_UNAVAILABLE'],
    ['EAI_AGAIN', 'SOURCE_UNAVAILABLE'],
    ['PROTOCOL_CONNECTION_LOST', 'SOURCE_UNAVAILABLE'],
    ['CERT_REVOKED', 'SOURCE_DENIED'],
    ['ERR_OSSL_PEM_NO_START_LINE', 'SOURCE_DENIED'],
    ['ERR_INVALID_ARG_TYPE', null],
  ])('of %s is %s', (code, expected) => {
    const error = Object.assign(new Error('words'), { code });
    expect(mysqlConnectionFailure(error, 'source shop')?.code ?? null).toBe(expected);
  });
});
