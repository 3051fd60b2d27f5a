// State that a view may leave in its session.

import { freshDatabase } from '../../support/servers.ts';
import type { Leaks } from '../reset-contract.ts';
import { ownerOf } from './world.ts';

export const LEAKS: Leaks = {
  'a custom setting': [
    "select set_config('app.tenant', 'a', false)",
    "select coalesce(nullif(current_setting('app.tenant', true), ''), 'none')",
  ],
  search_path: ["select set_config('search_path', 'other', false)", "select current_setting('search_path')"],
  'the time zone': ["select set_config('timezone', 'Asia/Tokyo', false)", "select current_setting('timezone')"],
  'the statement timeout': [
    "select set_config('statement_timeout', '77ms', false)",
    "select current_setting('statement_timeout')",
  ],
  'an advisory lock': [
    'select pg_advisory_lock(42)::text',
    "select count(*)::text from pg_locks where locktype = 'advisory' and objid = 42",
  ],
  'a prepared statement': [
    "select leave('prepare left_behind as select 1')",
    'select count(*)::text from pg_prepared_statements',
  ],
  'a channel': ["select leave('listen left_behind')", 'select count(*)::text from pg_listening_channels()'],
  'a temporary table': [
    "select leave('create temp table left_behind (id int)')",
    "select count(*)::text from pg_class where relname = 'left_behind'",
  ],
};

export async function databaseWithLeaks(): Promise<string> {
  const url = await freshDatabase();
  await using owner = ownerOf(url);
  await owner.run(
    `create function leave(statement text) returns text language plpgsql as
       $$ begin execute statement; return 'left'; exception when others then return sqlerrm; end $$`,
  );
  return url;
}
