import { describe, expect, test } from 'vitest';
import { conditionProblem } from '../../../src/definition/query/row-condition.ts';

const COLUMNS = ['entity_id', 'timestamp', 'amount', 'lines', 'country', 'embedding', 'seen_at'];
const TIMES = ['timestamp', 'seen_at'];

describe('conditionProblem', () => {
  test.each([
    'lines > 0 and amount < 1e6',
    'amount between 0 and 100 or amount is null',
    "country in ('GB', 'FR') and country not like 'x%'",
    "country ~ '^[A-Z]{2}$' -- two letters",
    "timestamp >= timestamptz '2020-01-01Z' and timestamp < '2030-01-01'::timestamptz",
    'round(amount::numeric, 2) = amount::numeric',
    'coalesce(lines, 0) >= 0 and nullif(lines, 1) is distinct from 2',
    'case when lines > 0 then amount / lines < 10 else true end',
    'greatest(lines, 1) < 100 and -lines < 0',
    'extract(year from timestamp) > 2000 and length(entity_id) < 40',
    'cardinality(embedding) = 3',
    '(amount > 0) is true and not (lines = 5)',
    'lines = any (array[1, 2, 3])',
    "country <> 'today' and country not in ('now', 'yesterday')",
    "country like '%now%' or timestamp > '2020-01-01' and country = 'today'",
    "case when timestamp > '2020-01-01' then country = 'now' else country <> 'today' end",
    "case when timestamp > '2020-01-01' then 'now' else country end = country",
    "coalesce(country, 'now') = 'Know-how'",
    "timestamp < '2030-01-01'::date + interval '1 day'",
  ])('accepts %s', async (expression) => {
    expect(await conditionProblem(expression, COLUMNS, TIMES)).toBeNull();
  });

  test.each([
    ['amont > 0', 'unknown column amont; expected entity_id, timestamp, amount, lines, country, embedding, seen_at'],
    ['r.amount > 0', 'unknown column with a dot or a star; expected'],
    ['lines >', 'syntax error at end of input (at character'],
    ['amount > (select max(amount) from features.orders)', 'a subquery is not allowed in checks'],
    ['exists (select from millrace.view)', 'a subquery is not allowed in checks'],
    ['pg_sleep(10) is null', 'the function pg_sleep is not allowed in checks'],
    ['random() < 0.5', 'the function random is not allowed in checks'],
    ['now() > timestamp', 'the function now is not allowed in checks'],
    ['current_date > timestamp', 'SQLValueFunction is not allowed in checks'],
    ['repeat(country, 1000000000) is null', 'the function repeat is not allowed in checks'],
    ['evil.length(country) > 0', 'the function length is not allowed in checks'],
    ['count(*) > 0', 'the function count is not allowed in checks'],
    ['length(country) over () > 0', 'the function length is not allowed in this form'],
    ["timestamp <= 'now'::timestamptz", "'now' is the time of the run and is not allowed in checks"],
    ["timestamp <= timestamptz 'Today 12:00'", "'Today' is the time of the run"],
    ["timestamp <= 'now'", "'now' is the time of the run"],
    ["timestamp not between '2020-01-01' and 'tomorrow'", "'tomorrow' is the time of the run"],
    ["seen_at + interval '1 day' > 'yesterday'", "'yesterday' is the time of the run"],
    ["seen_at in ('2020-01-01', 'now')", "'now' is the time of the run"],
    ["seen_at = any (array['2020-01-01', 'now'])", "'now' is the time of the run"],
    ["coalesce(seen_at, 'now') > '2020-01-01'", "'now' is the time of the run"],
    ["greatest(seen_at, '2020-01-01', ' now ') > timestamp", "'now' is the time of the run"],
    ["date_trunc('day', seen_at) < 'today'", "'today' is the time of the run"],
    ["extract(year from date 'now') > 2000", "'now' is the time of the run"],
    ["date_part('year', 'now') > 2000", "'now' is the time of the run"],
    ["seen_at::date < 'today'", "'today' is the time of the run"],
    ["'now'::text::timestamptz > timestamp", "'now' is the time of the run"],
    ["case when lines > 0 then seen_at else 'now' end > timestamp", "'now' is the time of the run"],
    ["'pg_class'::regclass is null", 'the type regclass is not allowed in checks'],
    ['amount operator(evil.+) 1 > 0', 'the operator + is not allowed in checks'],
    ['true) or (true', 'syntax error'],
    ['amount > 0 as big', 'expected one condition'],
    ['true) from features.orders where (true', 'syntax error'],
    ['true from features.orders', 'expected one condition'],
    ['true, false', 'expected one condition'],
    ['true; drop table x', 'expected one condition'],
    ['lines > 0;', 'syntax error at or near ";" (at character 10)'],
    ['lines > 0 ; -- from psql', 'syntax error at or near ";" (at character 11)'],
    ['all lines > 0', 'syntax error at or near "all" (at character 1)'],
    ['true /*', 'unterminated /* comment'],
    ['amount ^ 2 > 0', 'the operator ^ is not allowed in checks'],
    ['$1', 'ParamRef is not allowed in checks'],
    ['country collate "x" = \'a\'', 'CollateClause is not allowed in checks'],
  ])('refuses %s', async (expression, problem) => {
    const found = await conditionProblem(expression, COLUMNS, TIMES);
    expect(found).toContain(problem);
  });
});
