// The floor: psql and redis-cli with hand-tuned SQL, without any check, guard, record or recovery.

import { spawnSync } from 'node:child_process';
import { featureColumns, type OpenRival, SNAPSHOT_AT } from './rival.ts';

export const openFloor: OpenRival = async ({ postgres, redis }, compared) => {
  const names = featureColumns(compared);
  const psql = `psql '${postgres}' -X -q -v ON_ERROR_STOP=1`;
  const typed = names.map((name) => `${name} float8`).join(', ');
  shell(
    null,
    `${psql} -c 'drop table if exists floor_staging, floor_rows' -c 'create unlogged table floor_staging (entity_id text collate "C", at timestamptz, ${typed})'`,
  );
  let isFirst = true;
  return {
    name: 'floor',
    pid: null,
    load: async () => {
      const store = isFirst ? firstLoad(names) : merge(names);
      isFirst = false;
      return shell(
        compared.rows,
        `${psql} -c "truncate floor_staging"
        ${psql} -c "copy (select entity_id, timestamptz '${SNAPSHOT_AT}', ${names.join(', ')} from big) to stdout" | ${psql} -c "copy floor_staging from stdin"
        ${psql} -c "${store}"
        echo "${respOf(names)}" | ${psql} -At -v FETCH_COUNT=10000 | ${redisCli(redis)} --pipe`,
      );
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};

function redisCli(url: string): string {
  const { hostname, port, password, pathname } = new URL(url);
  return `redis-cli -h ${hostname} -p ${port} -n ${pathname.slice(1) || 0} --no-auth-warning -a '${decodeURIComponent(password)}'`;
}

/** The heap first and then the key, which only an empty table without readers allows. */
function firstLoad(names: readonly string[]): string {
  return `create table floor_rows as select entity_id, at, ${names.join(', ')} from floor_staging order by entity_id, at;
    alter table floor_rows add primary key (entity_id, at)`;
}

function merge(names: readonly string[]): string {
  const row = (alias: string) => `(${names.map((name) => `${alias}.${name}`).join(', ')})`;
  return `analyze floor_staging;
    merge into floor_rows o using floor_staging s on o.entity_id = s.entity_id and o.at = s.at
     when matched and ${row('o')} is distinct from ${row('s')} then update set ${names.map((name) => `${name} = s.${name}`).join(', ')}
     when not matched then insert values (s.entity_id, s.at, ${names.map((name) => `s.${name}`).join(', ')})`;
}

/** Postgres writes the protocol of Redis itself: one HSET per row. */
function respOf(names: readonly string[]): string {
  const cells = ['key', `'_ts'`, 'ts', ...names.flatMap((name) => [`'${name}'`, `${name}::text`])];
  const bulk = `\\$%s\\\\r\\\\n%s\\\\r\\\\n`;
  const format = `*${cells.length + 1}\\\\r\\\\n\\$4\\\\r\\\\nHSET\\\\r\\\\n${bulk.repeat(cells.length)}`.replace(
    /\\\\n$/,
    '',
  );
  const values = cells.map((cell) => `octet_length(${cell}), ${cell}`).join(', ');
  return `select format(E'${format}', ${values}) from (
    select 'floor:big:' || entity_id as key, (extract(epoch from at) * 1000000)::bigint::text as ts, ${names.join(', ')} from floor_rows) r`;
}

/** Runs a script, in which Redis is to give so many replies; the CPU seconds of all that it started. */
function shell(replies: number | null, script: string): number {
  const ran = spawnSync('bash', ['-c', `set -eo pipefail\n${script}\ntimes`], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`the floor failed: ${ran.stderr || ran.stdout}`);
  if (replies !== null && !ran.stdout.includes(`errors: 0, replies: ${replies}`)) throw new Error(ran.stdout);
  return (ran.stdout.match(/\d+m[\d.]+s/g) ?? []).reduce((sum, text) => {
    const [minutes = '0', seconds = '0'] = text.replace('s', '').split('m');
    return sum + Number(minutes) * 60 + Number(seconds);
  }, 0);
}
