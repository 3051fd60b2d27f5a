import { describe, expect, test } from 'vitest';
import { exceptionIn, shortMessage } from '../../../src/sources/clickhouse/exception.ts';
import { CutOff, connectionFailure, HttpProblem, setupFailure } from '../../../src/sources/clickhouse/failure.ts';
import { describing, placeText, statementProblem } from '../../../src/sources/clickhouse/statement.ts';
import { clickhouseAddress } from '../../../src/sources/clickhouse/url.ts';

const statement = { text: 'select a,\n  bb ccc dd from ź', parameters: {} };

describe('statementProblem', () => {
  test.each([
    ['select 1', null],
    ["with x as (select ';' as y) select y from x", null],
    ['from t select a', null],
    ['(select 1) union all (select 2)', null],
    ["select format('{}', a), a as format from t", null],
    ['select 1; select 2', 'it has more than one statement'],
    ['drop table t', 'it does not start with SELECT, WITH or FROM'],
    ['select 1) settings x = 1, (2', 'its parentheses do not match'],
    ["select 1 into outfile 'x'", 'it writes to a file with INTO OUTFILE'],
    ['select 1 FORMAT JSON', 'it has a FORMAT clause'],
  ])('of %j is %j', (text, problem) => {
    expect(statementProblem(text)).toBe(problem);
  });
});

describe('exceptionIn', () => {
  test('reads wrapped errors, versions and types', () => {
    const text =
      "Code: 60. DB::Exception: Received from ch-2:9000. DB::Exception: Table shop.nope doesn't exist. (UNKNOWN_TABLE) (version 24.8.4.13 (official build))";
    expect(exceptionIn(text)).toMatchObject({
      code: 60,
      type: 'UNKNOWN_TABLE',
      message: expect.stringMatching(/nope doesn't exist$/),
    });
    expect(exceptionIn('<html>502 Bad Gateway</html>')).toBeNull();
  });

  test.each([' ', '.', '\n', '(', ')', '(version ', 'x', '<'])('reads an error with a million of %j', (repeated) => {
    const run = repeated.repeat(1_000_000);
    const error = exceptionIn(`Code: 62. DB::Exception: Syntax error: ${run}x${run}(version ${run}`);
    if (error === null) throw new Error('expected an error');
    expect(shortMessage(error)).toMatch(/^Syntax error: /);
    expect(new HttpProblem(502, run).message).toMatch(/^HTTP status 502/);
  });

  test('of a syntax error has a place in the query, not in what was sent', () => {
    const sent = describing(statement);
    const position = Buffer.from(sent.text.slice(0, sent.text.indexOf('dd'))).length + 1;
    const error = exceptionIn(
      `Code: 62. DB::Exception: Syntax error: failed at position ${position} (dd) (line 3, col 10): dd from ź). Expected one of: token, Comma. (SYNTAX_ERROR) (version 25.3.1.1)`,
    );
    if (error === null) throw new Error('expected an error');

    expect(shortMessage(error)).toBe('Syntax error: failed at `dd`');
    expect(placeText(error, statement, sent)).toBe(' (line 2, column 10 of the query)');
  });
});

const NETWORK_CODES = ['ECONNRESET', 'EAI_AGAIN', 'ERR_OSSL_PEM_NO_START_LINE', 'CERT_REVOKED'];

function coded(code: string): Error {
  return Object.assign(new Error('words'), { code });
}

describe('connectionFailure', () => {
  const codeOf = (thrown: unknown) => connectionFailure(thrown, 'source shop')?.code ?? null;
  const exception = (code: number) => exceptionIn(`Code: ${code}. DB::Exception: words. (NAME) (version 25.3.1.1)`);

  test('distinguishes access, outages, and errors of the query', () => {
    expect([516, 497, 192].map((code) => codeOf(exception(code)))).toEqual(Array(3).fill('SOURCE_DENIED'));
    expect([241, 202, 209, 394, 999].map((code) => codeOf(exception(code)))).toEqual(
      Array(5).fill('SOURCE_UNAVAILABLE'),
    );
    expect([47, 60, 62, 395].map((code) => codeOf(exception(code)))).toEqual(Array(4).fill(null));
    expect(codeOf(new HttpProblem(403, '<h1>No</h1>'))).toBe('SOURCE_DENIED');
    expect(codeOf(new HttpProblem(502, ''))).toBe('SOURCE_UNAVAILABLE');
    expect(codeOf(new CutOff('cut'))).toBe('SOURCE_UNAVAILABLE');
    for (const code of NETWORK_CODES) expect(codeOf(coded(code))).toBe('SOURCE_UNAVAILABLE');
    expect(codeOf(new TypeError('a bug'))).toBeNull();
    expect(codeOf(coded('ERR_INVALID_ARG_TYPE'))).toBeNull();
  });

  test('explains a refused setting before there is a query', () => {
    const found = [164, 115].map((code) => setupFailure(exception(code), 'source shop')?.message);
    expect(found).toEqual([
      'source shop refused access: words; expected a user whose profile has readonly = 0 or readonly = 2, so that Millrace can change settings',
      'source shop refused access: words; expected ClickHouse 23.6 or newer',
    ]);
  });

  test('shows the text of a response that is not of ClickHouse', () => {
    expect(new HttpProblem(502, '<h1>Bad\n Gateway</h1>').message).toBe('HTTP status 502: Bad Gateway');
  });
});

describe('clickhouseAddress', () => {
  test.each([
    ['clickhouse://ch/shop', { origin: 'http://ch:8123', user: 'default', password: '', database: 'shop', tls: null }],
    ['clickhouse://r:p%40w@ch:9999', { origin: 'http://ch:9999', user: 'r', password: 'p@w', database: null }],
    ['clickhouse://ch?tls=true', { origin: 'https://ch:8443', tls: { checks: 'authority and name' } }],
    ['clickhouse://[::1]?sslmode=no-verify', { origin: 'https://[::1]:8443', tls: { checks: 'nothing' } }],
  ])('of %s', (url, address) => {
    expect(clickhouseAddress(url, 'source shop')).toMatchObject(address);
  });

  test.each([
    ['clickhouse:///shop', 'its URL has no host; expected clickhouse://user@host:8123/database'],
    ['clickhouse://ch?tls=yes', 'has tls=yes; expected tls=true or tls=false'],
    ['clickhouse://ch?tls=true&sslmode=disable', 'has both tls and sslmode; remove tls'],
    ['clickhouse://ch?ssl=1', 'unknown parameter "ssl"'],
  ])('refuses %s', (url, words) => {
    expect(() => clickhouseAddress(url, 'source shop')).toThrow(words);
  });
});
