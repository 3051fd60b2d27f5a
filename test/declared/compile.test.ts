import { describe, expect, test } from 'vitest';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import type { SqlDialect } from '../../src/definition/query/sql-text.ts';
import { piecesOf } from '../../src/definition/query/sql-text.ts';
import { queryOf } from '../../src/definition/query/view-query.ts';
import { statementProblem } from '../../src/sources/mysql/statement.ts';

function sqlOf(dialect: SqlDialect, from: Record<string, unknown>, features: readonly unknown[]): string {
  const keys = { name: 'v', entity: 'user', source: 'shop', kind: 'snapshot', interval: '1h', start: '2026-09-01' };
  const table = { table: 'shop.events', entity_id: 'user_id', timestamp: 'at' };
  return queryOf(parseView(viewFile.parse({ ...keys, from: { ...table, ...from }, features })), dialect) ?? '';
}

const FEATURES = [
  { name: 'logins', type: 'int', aggregate: 'count', window: ['1h', '24h'], where: { type: 'login' } },
  { name: 'last_seen', type: 'timestamp', aggregate: 'last_seen', window: '24h' },
];

describe('declaredSql', () => {
  test('reads the longest window once', () => {
    expect(sqlOf('postgres', { where: { country: 'DE' } }, FEATURES)).toBe(`select
  t."user_id" as "entity_id",
  {{end}} as "timestamp",
  count(1) filter (where t."at" >= {{end}} - interval '3600 seconds' and t."type" = 'login') as "logins_1h",
  count(1) filter (where t."type" = 'login') as "logins_24h",
  max(t."at") as "last_seen"
from "shop"."events" as t
where t."at" >= {{end}} - interval '86400 seconds'
  and t."at" < {{end}}
  and t."country" = 'DE'
group by t."user_id"`);
  });

  test('compares texts as bytes in MySQL', () => {
    expect(sqlOf('mysql', {}, FEATURES)).toBe(`select
  max(convert(t.\`user_id\` using utf8mb4)) as \`entity_id\`,
  {{end}} as \`timestamp\`,
  count(case when t.\`at\` >= {{end}} - interval 3600 second and cast(convert(t.\`type\` using utf8mb4) as binary) = cast(convert('login' using utf8mb4) as binary) then 1 end) as \`logins_1h\`,
  count(case when cast(convert(t.\`type\` using utf8mb4) as binary) = cast(convert('login' using utf8mb4) as binary) then 1 end) as \`logins_24h\`,
  max(t.\`at\`) as \`last_seen\`
from \`shop\`.\`events\` as t
where t.\`at\` >= {{end}} - interval 86400 second
  and t.\`at\` < {{end}}
group by cast(convert(t.\`user_id\` using utf8mb4) as binary)`);
  });

  test('joins a table once, after the rows are aggregated', () => {
    const lookup = { type: 'string', aggregate: 'lookup', table: 'profiles' };
    const features = [
      { name: 'kyc', column: 'kyc', default: 'none', ...lookup },
      { name: 'n', type: 'int', aggregate: 'count' },
      { name: 'tier', column: 'tier', ...lookup },
    ];

    expect(sqlOf('duckdb', {}, features)).toBe(`select
  facts."entity_id",
  facts."timestamp",
  facts."n",
  coalesce(l1."kyc"::varchar, 'none') as "kyc",
  l1."tier"::varchar as "tier"
from (
select
  t."user_id" as "entity_id",
  {{end}} as "timestamp",
  count(1) as "n"
from "shop"."events" as t
where t."at" < {{end}}
group by t."user_id"
) as facts
left join "profiles" as l1 on l1."user_id" = facts."entity_id"`);
  });

  test.each(['postgres', 'mysql', 'duckdb'] as const)(
    'keeps every value and name of a definition quoted in %s',
    (dialect) => {
      const hostile = [
        `'; drop table x; --`,
        '\\',
        `\\'; drop table x; --`,
        '"; drop',
        '`; drop',
        '/* {{end}} */',
        '$$',
        `E'`,
      ];
      for (const text of hostile) {
        const where = { [text]: { in: [text], like: text } };
        const features = [{ name: 'n', type: 'string', aggregate: 'last', column: text, default: text, where }];
        const sql = sqlOf(
          dialect,
          { table: text.replaceAll('.', ''), entity_id: text, timestamp: text, where },
          features,
        );
        const code = piecesOf(sql, dialect).flatMap((piece) => (piece.kind === 'code' ? [piece.text] : []));

        expect(code.join(' ')).not.toMatch(/drop|;|--|\/\*|\$|\\/);
        if (dialect === 'mysql') expect(statementProblem(sql)).toBeNull();
      }
    },
  );
});
