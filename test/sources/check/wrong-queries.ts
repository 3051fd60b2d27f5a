import type { QueryToCheck } from '../../../src/definition/query/query-problem.ts';
import { checked, lake } from './checked.ts';

const COLUMNS = 'customer_id as entity_id, ordered_at as timestamp, amount as value';
const SPAN = 'ordered_at >= {{start}} and ordered_at < {{end}}';

export type Wrong = { readonly name: string; readonly query: QueryToCheck; readonly errors: readonly string[] };
export type Warned = { readonly name: string; readonly query: QueryToCheck; readonly warnings: readonly string[] };

const postgres = (name: string, query: string, ...errors: readonly string[]): Wrong => ({
  name,
  query: checked({ query }),
  errors,
});
const files = (name: string, query: string, ...errors: readonly string[]): Wrong => ({
  name,
  query: lake(query),
  errors,
});
const mysql = (name: string, query: string, ...errors: readonly string[]): Wrong => ({
  name,
  query: checked({ query, dialect: 'mysql' }),
  errors,
});
const clickhouse = (name: string, query: string, ...errors: readonly string[]): Wrong => ({
  name,
  query: checked({ query, dialect: 'clickhouse' }),
  errors,
});

export const WRONG: readonly Wrong[] = [
  postgres(
    'a misspelt keyword',
    `selct ${COLUMNS}\nfrom orders where ${SPAN}`,
    '1:1 selct: unknown statement `selct`; did you mean `select`?',
  ),
  postgres(
    'a missing comma',
    `select customer_id as entity_id,\n ordered_at as timestamp amount as value from orders where ${SPAN}`,
    '2:26 amount: syntax error at or near "amount"; is a comma or an operator missing before it?',
  ),
  postgres(
    'a missing by',
    `select ${COLUMNS} from orders\n where ${SPAN} group customer_id`,
    '2:63 customer_id: syntax error at or near "customer_id"; did you mean `group by`?',
  ),
  postgres(
    'a template language',
    `select ${COLUMNS} from orders\n {% if incremental %} where ${SPAN} {% endif %}`,
    '2:2 {: template languages such as Jinja are not supported; write plain SQL with {{start}} and {{end}}',
  ),
  postgres(
    'a comment of a template',
    `select ${COLUMNS} from orders {# daily #} where ${SPAN}`,
    '1:87 {: template languages such as Jinja are not supported; write plain SQL with {{start}} and {{end}}',
  ),
  postgres(
    'a template expression',
    `select ${COLUMNS} from {{ ref('orders') }} where ${SPAN}`,
    '1:80 {{: `{{` begins a template expression; only {{start}} and {{end}} are supported',
  ),
  postgres(
    'an update',
    `update orders set amount = 0 where ${SPAN} returning ${COLUMNS}`,
    '1:1 update: `update` is not a query; expected one SELECT, because sources are read-only',
  ),
  postgres(
    'a delete in a with',
    `with gone as (\n delete from orders where ${SPAN} returning *) select ${COLUMNS} from gone`,
    '2:14 orders: `delete` writes to a table; expected one SELECT, because sources are read-only',
  ),
  postgres('two statements', 'select 1;\nselect 2', '2:1 select: a second statement begins here; expected one SELECT'),
  postgres(
    'an open parenthesis',
    `select ${COLUMNS} from orders\n where (${SPAN}`,
    '2:8 (: the parenthesis is not closed',
  ),
  postgres(
    'an open quote',
    `select ${COLUMNS} from orders where note = 'it's' and ${SPAN}`,
    "1:105 ': the quote ' is not closed; inside a string, write each quote twice",
  ),
  postgres(
    'a missing column',
    `select customer_id as entity_id, ordered_at as ts, amount as value from orders where ${SPAN}`,
    '1:1 select: the column timestamp is missing; found entity_id, ts, value; expected entity_id, timestamp, value and optionally tie_break',
    '1:34 ordered_at: the column "ts" is unexpected; found entity_id, ts, value; expected entity_id, timestamp, value and optionally tie_break',
  ),
  postgres(
    'an extra column',
    `select ${COLUMNS},\n lines from orders where ${SPAN}`,
    '2:2 lines: the column "lines" is unexpected; found entity_id, timestamp, value, lines; expected entity_id, timestamp, value and optionally tie_break',
  ),
  postgres(
    'an unbound parameter',
    `select $1::text as entity_id, ordered_at as timestamp, amount as value from orders where ${SPAN}`,
    '1:8 $1: the parameter `$1` has no value; only {{start}} and {{end}} are supported',
  ),
  postgres(
    'a NUL',
    `select ${COLUMNS} from orders where ${SPAN} and note <> '\0'`,
    '1:155 \0: a NUL character is not allowed in SQL',
  ),
  postgres(
    'an escaped NUL',
    `select ${COLUMNS} from orders where ${SPAN} and note <> e'\\x00'`,
    '1:156 \\: a NUL character is not allowed in SQL',
  ),
  files(
    'a keyword of DuckDB as a name',
    'select id as entity_id,\n at as timestamp from files',
    '2:5 as: syntax error at or near "as"; if `at` is a name, write it in double quotes, because it is also a keyword',
  ),
  files(
    'a table that is not there',
    'select a as entity_id, b as timestamp, c as value from file',
    '1:56 file: the table file does not exist; the table is `files`',
  ),
  files(
    'a file outside of the sandbox',
    "select * from read_csv('/etc/passwd')",
    '1:15 read_csv: a query can read only its own tables (files): cannot access file "/etc/passwd" - file system operations are disabled by configuration',
  ),
  files(
    'text times text',
    'select CustomerID as entity_id, {{end}} as timestamp,\n sum(Quantity * UnitPrice) as value from files group by 1',
    '2:15 *: `*` does not accept text; CSV and JSON columns are text unless `types` gives them a type (text: CustomerID, Quantity, UnitPrice)',
  ),
  files(
    'a copy',
    "copy files to 'x'",
    '1:1 copy: `copy` is not a query; expected one SELECT, because sources are read-only',
  ),
  files(
    'an extension',
    'install httpfs; load httpfs',
    '1:17 load: a second statement begins here; expected one SELECT',
    '1:1 install: `install` is not a query; expected one SELECT, because sources are read-only',
  ),
  // The same kinds of mistakes, as others make them.
  postgres(
    'a missing from',
    `select ${COLUMNS} orders where ${SPAN}`,
    '1:75 orders: syntax error at or near "orders"; is `from` missing?',
  ),
  postgres(
    'a comma before from',
    `select ${COLUMNS}, from orders where ${SPAN}`,
    '1:76 from: syntax error at or near "from"',
  ),
  postgres(
    'a closing parenthesis too many',
    `select ${COLUMNS} from orders where ${SPAN})`,
    '1:141 ): this closing parenthesis has no opening parenthesis',
  ),
  postgres(
    'an open comment',
    `select ${COLUMNS} /* the amount from orders where ${SPAN}`,
    '1:75 /: the comment is not closed',
  ),
  postgres(
    'an open dollar quote',
    `select ${COLUMNS} from orders where note = $a$ and ${SPAN}`,
    '1:100 $a$: the quote $a$ is not closed; inside a string, write each quote twice',
  ),
  postgres(
    'a case without an end',
    `select customer_id as entity_id, ordered_at as timestamp, case when amount > 0 then 1 as value from orders where ${SPAN}`,
    '1:87 as: syntax error at or near "as"',
  ),
  postgres(
    'a misspelt where',
    `select ${COLUMNS} from orders o wher ${SPAN}`,
    '1:89 wher: syntax error at or near "wher"; did you mean `where`?',
  ),
  postgres(
    'an equality with two signs',
    `select ${COLUMNS} from orders where amount == 3 and and ${SPAN}`,
    '1:109 and: syntax error at or near "and"',
  ),
  postgres(
    'a placeholder without an operator',
    `select ${COLUMNS} from orders where ordered_at {{start}} and ordered_at < {{end}}`,
    '1:104 {{start}}: syntax error at or near "{{start}}"; is a comma or an operator missing before it?',
  ),
  postgres(
    'a select into',
    `select ${COLUMNS} into kept from orders where ${SPAN}`,
    '1:80 kept: `into` creates a table; sources are read-only',
  ),
  postgres(
    'a lock',
    `select ${COLUMNS} from orders where ${SPAN} for update`,
    '1:142 for: `for update` and `for share` lock rows; sources are read-only',
  ),
  postgres(
    'a column twice',
    `select ${COLUMNS}, lines as value from orders where ${SPAN}`,
    '1:76 lines: the column value appears more than once; found entity_id, timestamp, value, value; expected entity_id, timestamp, value and optionally tie_break',
  ),
  postgres(
    'an explain',
    `explain select ${COLUMNS} from orders where ${SPAN}`,
    '1:1 explain: expected one SELECT, found EXPLAIN',
  ),
  postgres('nothing but a comment', '-- {{start}} {{end}}', '1:1 -: expected one SELECT, found no statement'),
  postgres(
    'an emoji before the mistake',
    `select '🚚' as entity_id,\n '🚚🚚' as timestamp amount as value from orders where ${SPAN}`,
    '2:22 amount: syntax error at or near "amount"; is a comma or an operator missing before it?',
  ),
  files(
    'an unknown function',
    'select a as entity_id, {{end}} as timestamp, summ(b) as value from files group by 1',
    '1:46 summ: the function summ does not exist; did you mean `sum`?',
  ),
  files(
    'an unknown type',
    'select a as entity_id, {{end}} as timestamp, b::flaot as value from files',
    '1:49 flaot: the type flaot does not exist; did you mean `float`?',
  ),
  files(
    'a file as a table',
    "select a as entity_id, {{end}} as timestamp, b as value from 'other.csv'",
    '1:62 \': a query can read only its own tables (files): cannot access file "other.csv" - file system operations are disabled by configuration',
  ),
  files(
    'a parameter',
    'select a as entity_id, {{end}} as timestamp, ? as value from files',
    '1:46 ?: the parameter `?` has no value; only {{start}} and {{end}} are supported',
  ),
  files(
    'a missing column',
    'select a as entity_id, {{end}} as ts, b as value from files',
    '1:1 select: the column timestamp is missing; found entity_id, ts, value; expected entity_id, timestamp, value and optionally tie_break',
    '1:35 ts: the column "ts" is unexpected; found entity_id, ts, value; expected entity_id, timestamp, value and optionally tie_break',
  ),
  files(
    'a sum of text',
    'select a as entity_id, {{end}} as timestamp, sum(b) as value from files group by 1',
    '1:46 sum: `sum` does not accept text; CSV and JSON columns are text unless `types` gives them a type (text: a, b)',
  ),
  files(
    'a mistake far into a long line',
    `select ${'a, '.repeat(100)} b c d from files`,
    '1:313 d: syntax error at or near "d"',
  ),
  mysql(
    'a misspelt keyword',
    `selct ${COLUMNS} from orders where ${SPAN}`,
    '1:1 selct: unknown statement `selct`; did you mean `select`?',
  ),
  mysql(
    'an open quote',
    `select ${COLUMNS} from orders where note = 'it\\'s and ${SPAN}`,
    "1:100 ': the quote ' is not closed; inside a string, write each quote twice",
  ),
  mysql('an open parenthesis', `select ${COLUMNS} from orders where (${SPAN}`, '1:93 (: the parenthesis is not closed'),
  mysql(
    'a parameter',
    `select ${COLUMNS} from orders where amount > ? and ${SPAN}`,
    '1:102 ?: the parameter `?` has no value; only {{start}} and {{end}} are supported',
  ),
  mysql(
    'a write',
    `delete from orders where ${SPAN}`,
    '1:1 delete: `delete` is not a query; expected one SELECT, because sources are read-only',
  ),
  mysql(
    'an outfile',
    `select ${COLUMNS} into outfile '/tmp/x' from orders where ${SPAN}`,
    '1:75 into: `into` writes to a file, a table or a variable; sources are read-only',
  ),
  mysql(
    'a variable',
    `select ${COLUMNS} from orders where ${SPAN} into @a, @b, @c`,
    '1:142 into: `into` writes to a file, a table or a variable; sources are read-only',
  ),
  mysql(
    'a lock',
    `select ${COLUMNS} from orders where ${SPAN}\n lock in share mode`,
    '2:2 lock: `for update` and `for share` lock rows; sources are read-only',
  ),
  mysql(
    'a delete after a with',
    `with old as (select 1 where ${SPAN})\n delete from orders`,
    '2:2 delete: `delete` writes to a table; sources are read-only',
  ),
  mysql(
    'a comment of a template',
    `select ${COLUMNS} from orders {# daily #}\n where ${SPAN}`,
    '1:87 {: template languages such as Jinja are not supported; write plain SQL with {{start}} and {{end}}',
  ),
  mysql('two statements', `select 1; select 2`, '1:11 select: a second statement begins here; expected one SELECT'),
  clickhouse(
    'a parameter',
    `select ${COLUMNS} from orders where amount > {least:Decimal(9, 2)} and ${SPAN}`,
    '1:102 {least: the parameter `{least:Decimal(9, 2)}` has no value; only {{start}} and {{end}} are supported',
  ),
  clickhouse(
    'an open quote',
    String.raw`select ${COLUMNS} from orders where note = 'it\'s and ${SPAN}`,
    "1:100 ': the quote ' is not closed; inside a string, write each quote twice",
  ),
  clickhouse(
    'an open parenthesis',
    `select ${COLUMNS} from orders where (${SPAN}`,
    '1:93 (: the parenthesis is not closed',
  ),
  clickhouse(
    'an outfile',
    `select ${COLUMNS} from orders where ${SPAN} into outfile 'x'`,
    '1:142 into: `into` writes to a file, a table or a variable; sources are read-only',
  ),
  clickhouse(
    'a write',
    `alter table orders delete where ${SPAN}`,
    '1:1 alter: `alter` is not a query; expected one SELECT, because sources are read-only',
  ),
  clickhouse(
    'two statements',
    `select 1; select 2`,
    '1:11 select: a second statement begins here; expected one SELECT',
  ),
];

export const WARNED: readonly Warned[] = [
  {
    name: 'a limit without an order',
    query: checked({ query: `select ${COLUMNS} from orders where ${SPAN} limit 10` }),
    warnings: ['1:142 limit: `limit` without `order by` can return different rows each time; add an `order by`'],
  },
  {
    name: 'the clock in a snapshot',
    query: checked({
      kind: 'snapshot',
      query: 'select a as entity_id, now() as timestamp, b as value from c where d < {{end}}',
    }),
    warnings: [
      '1:24 now: `now()` is the time of the run, so a repeated run returns different rows; use {{end}} instead',
    ],
  },
  ...["'today'::date", "timestamptz 'now'", "cast('yesterday 12:00' as timestamp)"].map((clock) => ({
    name: `the clock as ${clock}`,
    query: checked({
      kind: 'snapshot' as const,
      query: `select a as entity_id, {{end}} as timestamp, b as value from c where d < {{end}} and e > ${clock}`,
    }),
    warnings: [
      `1:${90 + clock.indexOf("'")} ': \`${/'.*'/.exec(clock)?.[0]}\` is the time of the run, so a repeated run returns different rows; use {{end}} instead`,
    ],
  })),
  ...(
    [
      ['mysql', 'now(6)'],
      ['mysql', 'utc_timestamp( 3 )'],
      ['mysql', 'sysdate()'],
      ['mysql', 'unix_timestamp( )'],
      ['clickhouse', "now('UTC')"],
      ['clickhouse', "now64(3, 'UTC')"],
      ['clickhouse', "today('Europe/Paris')"],
    ] as const
  ).map(([dialect, clock]) => ({
    name: `the clock as ${clock} in ${dialect}`,
    query: checked({
      dialect,
      kind: 'snapshot' as const,
      query: `select a as entity_id, {{end}} as timestamp, b as value from c where d < {{end}} and e > ${clock}`,
    }),
    warnings: [
      `1:90 ${/\w+/.exec(clock)?.[0]}: \`${clock}\` is the time of the run, so a repeated run returns different rows; use {{end}} instead`,
    ],
  })),
  {
    name: 'a random id in ClickHouse',
    query: checked({
      dialect: 'clickhouse',
      query: `select ${COLUMNS}, generateUUIDv4() as tie_break from orders where ${SPAN}`,
    }),
    warnings: [
      '1:76 generateUUIDv4: `generateUUIDv4()` returns a different result each time, so a repeated run stores different values',
    ],
  },
  {
    name: 'a random value',
    query: checked({
      query: `select customer_id as entity_id, ordered_at as timestamp,\n random() as value from orders where ${SPAN}`,
    }),
    warnings: [
      '2:2 random: `random()` returns a different result each time, so a repeated run stores different values',
    ],
  },
  {
    name: 'a limit in a subquery',
    query: checked({ query: `select ${COLUMNS} from (select * from orders limit 5) o where ${SPAN}` }),
    warnings: ['1:102 limit: `limit` without `order by` can return different rows each time; add an `order by`'],
  },
  {
    name: 'a sample of files',
    query: lake('select a as entity_id, {{end}} as timestamp, b as value from files using sample 10%'),
    warnings: [
      '1:68 using: `using sample` returns a different result each time, so a repeated run stores different values',
    ],
  },
  {
    name: 'the clock in MySQL',
    query: checked({
      dialect: 'mysql',
      query: `select ${COLUMNS} from orders where ${SPAN} and x < CURRENT_TIMESTAMP`,
    }),
    warnings: [
      '1:150 CURRENT_TIMESTAMP: `CURRENT_TIMESTAMP` is the time of the run, so a repeated run returns different rows; use {{end}} instead',
    ],
  },
  {
    name: 'a quoted placeholder next to a real one',
    query: checked({
      kind: 'snapshot',
      query: "select a as entity_id, {{end}} as timestamp, b as value from c where d >= '{{start}}'",
    }),
    warnings: ["1:75 ': {{start}} is in quotes, so it would be read as plain text; remove the quotes around it"],
  },
];
