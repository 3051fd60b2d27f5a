import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';
import { FUNCTIONS_RELEASE } from '../../src/state/functions.ts';
import { migrate, migrationNames, migrationText } from '../../src/state/migrate.ts';
import { slowTest } from '../support/sample.ts';
import { freshDatabase } from '../support/servers.ts';
import { view } from '../support/views.ts';

function open(url: string) {
  return openDatabase({
    url,
    role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 3,
    connectTimeoutMs: 30_000,
    idleInTransactionMs: 30_000,
    applicationName: 'test',
  });
}

const FUNCTIONS = `functions (release ${FUNCTIONS_RELEASE})`;

/** A definition as SQL. */
function spec(changes: object = {}): string {
  return `'${JSON.stringify({ ...view(), ...changes })}'`;
}

describe('migrate', () => {
  test('runs each migration once, for simultaneous callers', async () => {
    await using database = open(await freshDatabase());
    const ran = await Promise.all([migrate(database), migrate(database), migrate(database)]);
    expect(ran.flat()).toEqual([...(await migrationNames()), FUNCTIONS]);
    expect(await migrate(database)).toEqual([]);
  });

  slowTest('lets other work continue while it waits for a table in use', async () => {
    await using database = open(await freshDatabase());
    await migrate(database);
    await database.run(
      `delete from millrace.migration where name = '0029_worked.sql';
       alter table millrace.run drop column worked, drop column working_since`,
    );
    await using publishing = await database.reserve(new AbortController().signal);
    await publishing.session.run('begin; lock table millrace.run in access share mode');
    const migrated = migrate(database);
    let waits = 0;
    // Each attempt of the migration waits for two seconds, and then lets this statement pass.
    while (waits < 2) {
      const [row] = await database.query<{ waits: boolean }>(
        `select exists (select from pg_locks where not granted and mode = 'AccessExclusiveLock') as waits`,
      );
      if (row?.waits !== true) continue;
      await database.run('update millrace.run set reason = reason');
      waits += 1;
    }
    await publishing.session.run('commit');
    expect(await migrated).toEqual(['0029_worked.sql']);
  });

  test('converts the files of views of the first release to tables', async () => {
    await using database = open(await freshDatabase());
    await database.run('create schema millrace');
    await database.run('create table millrace.migration (name text primary key, at timestamptz default now())');
    await database.run(await migrationText('0001_state.sql'));
    await database.run(
      `insert into millrace.migration (name) values ('0001_state.sql');
       insert into millrace.view (name, spec, data_fingerprint, meta_fingerprint)
       values ('lake', ${spec({ files: { pattern: 'a.csv', lateMs: 5 } })}, '', ''), ('shop', ${spec()}, '', '')`,
    );
    await migrate(database);
    expect(
      await database.query(
        `select name, spec->'files' as files, late_files::text as late from millrace.view order by 1`,
      ),
    ).toEqual([
      { name: 'lake', files: { files: { pattern: 'a.csv', lateMs: 5 } }, late: '00:00:00.005' },
      { name: 'shop', files: null, late: null },
    ]);
  });

  test('stages rows again if their refused rows were staged without keys', async () => {
    await using database = open(await freshDatabase());
    await database.run('create schema millrace');
    await database.run('create table millrace.migration (name text primary key, at timestamptz default now())');
    for (const name of (await migrationNames()).filter((one) => one < '0004')) {
      await database.run(await migrationText(name));
      await database.run('insert into millrace.migration (name) values ($1)', [name]);
    }
    await database.run(
      `insert into millrace.view (name, spec, data_fingerprint, meta_fingerprint) values ('a', ${spec()}, '', '');
       insert into millrace.run (view_id, span, reason, fingerprint, state, stage, refused_table)
       values (1, '[2026-01-01, 2026-01-02)', 'manual', '', 'active', 'check', 'staging.run_1_1_refused'),
              (1, '[2026-01-02, 2026-01-03)', 'manual', '', 'planned', 'commit', 'staging.run_2_1_refused'),
              (1, '[2026-01-03, 2026-01-04)', 'manual', '', 'planned', 'commit', null),
              (1, '[2026-01-04, 2026-01-05)', 'manual', '', 'failed', 'check', 'staging.run_4_1_refused')`,
    );
    await migrate(database);
    expect(await database.query('select stage from millrace.run order by id')).toEqual(
      ['extract', 'extract', 'commit', 'check'].map((stage) => ({ stage })),
    );
  });

  test('keeps who paused a view', async () => {
    await using database = open(await freshDatabase());
    await database.run('create schema millrace');
    await database.run('create table millrace.migration (name text primary key, at timestamptz default now())');
    for (const name of ['0001_state.sql', '0002_time.sql']) {
      await database.run(await migrationText(name));
      await database.run('insert into millrace.migration (name) values ($1)', [name]);
    }
    await database.run(
      `insert into millrace.view (name, spec, data_fingerprint, meta_fingerprint, paused_reason)
       values ('a', ${spec()}, '', '', 'no'), ('b', ${spec()}, '', '', 'no'), ('c', ${spec()}, '', '', null), ('d', ${spec()}, '', '', 'no');
       insert into millrace.event (view_id, kind, note)
       values (1, 'paused', 'ada: no'), (1, 'paused', 'its circuit: no: not'), (1, 'applied', 'added'), (2, 'paused', 'ada: no'),
              (3, 'paused', 'its circuit: no')`,
    );
    expect(await migrate(database)).toEqual([...(await migrationNames()).slice(2), FUNCTIONS]);
    expect(
      await database.query('select name, paused_kind as kind, paused_by as by from millrace.view order by 1'),
    ).toEqual([
      { name: 'a', kind: 'circuit', by: null },
      { name: 'b', kind: 'person', by: 'ada' },
      { name: 'c', kind: null, by: null },
      { name: 'd', kind: 'person', by: null },
    ]);
  });

  test('renames the stage that reads to `extract`, also in histories, and converts events to data', async () => {
    await using database = open(await freshDatabase());
    await database.run('create schema millrace');
    await database.run('create table millrace.migration (name text primary key, at timestamptz default now())');
    for (const name of (await migrationNames()).filter((one) => one < '0009')) {
      await database.run(await migrationText(name));
      await database.run('insert into millrace.migration (name) values ($1)', [name]);
    }
    const message = 'It said "what": "staged" and "stage": "stage".';
    const history = [
      { what: 'claimed', at: '2026-01-01T00:00:00+00:00', attempt: 1, owner: 'w' },
      { what: 'failed', at: '2026-01-01T00:00:01+00:00', attempt: 1, stage: 'stage', ms: 5, code: 'BUG', message },
      { what: 'staged', at: '2026-01-01T00:00:02+00:00', ms: 7 },
    ];
    await database.run(
      `insert into millrace.view (name, spec, data_fingerprint, meta_fingerprint) values ('a', ${spec()}, '', '')`,
    );
    await database.run(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, stage, history)
       values (1, '[2026-01-01, 2026-01-02)', 'manual', '', 'planned', 'stage', $1),
              (1, '[2026-01-02, 2026-01-03)', 'manual', '', 'done', 'done', $1),
              (1, '[2026-01-03, 2026-01-04)', 'manual', '', 'planned', 'claim', '[]')`,
      [JSON.stringify(history)],
    );
    const text = (words: string) => ({ kind: 'text', facts: { text: words } });
    const notes: readonly [kind: string, run: number | null, before: string | null, after: object | null][] = [
      ['applied', null, 'added', { kind: 'added', facts: {} }],
      ['applied', null, 'definition changed', { kind: 'changed', facts: {} }],
      ['stale', null, 'restated', { kind: 'restated', facts: {} }],
      ['stale', null, 'lookback', { kind: 'lookback', facts: {} }],
      ['stale', null, 'edited query applied as forward-only', { kind: 'edited', facts: { meaning: 'forward-only' } }],
      ['stale', null, 'a.csv has changed', text('a.csv has changed')],
      ['skipped', null, 'catch_up: latest', { kind: 'catch_up', facts: { catchUp: 'latest' } }],
      ['held', null, 'backfill 7 was cancelled', { kind: 'backfill_cancelled', facts: { backfill: 7 } }],
      ['held', 1, 'backfill 7 was cancelled', text('backfill 7 was cancelled')],
      ['paused', null, 'ada: it moves', { kind: 'paused', facts: { by: 'ada', reason: 'it moves' } }],
      ['paused', null, 'its circuit: no: not', { kind: 'paused', facts: { by: 'its circuit', reason: 'no: not' } }],
      ['paused', null, 'ada: b: c', text('ada: b: c')],
      ['resumed', null, null, null],
      ['rebuilt', null, 'its ttl changed', { kind: 'rebuilt', facts: { reason: 'ttl' } }],
    ];
    for (const [kind, run, note] of notes) {
      await database.run('insert into millrace.event (view_id, run_id, kind, note) values (1, $1, $2, $3)', [
        run,
        kind,
        note,
      ]);
    }
    await migrate(database);
    const [claimed, failed, staged] = history;
    const after = [claimed, { ...failed, stage: 'extract' }, { ...staged, what: 'extracted' }];
    expect(await database.query('select stage, history from millrace.run order by id')).toEqual([
      { stage: 'extract', history: after },
      { stage: 'done', history: after },
      { stage: 'claim', history: [] },
    ]);
    expect(await database.query('select note from millrace.event order by id')).toEqual(
      notes.map(([, , , note]) => ({ note })),
    );
  });

  test('needs no permissions if there is nothing to do', async () => {
    const url = await freshDatabase();
    await using database = open(url);
    await migrate(database);
    const role = `reader_${Date.now()}`;
    await database.run(`create role ${role} login password 'reader'`);
    await database.run(`grant usage on schema millrace to ${role}`);
    await database.run(`grant select on millrace.migration, millrace.functions to ${role}`);
    const theirs = new URL(url);
    theirs.username = role;
    theirs.password = 'reader';
    {
      await using restricted = open(theirs.href);
      expect(await migrate(restricted)).toEqual([]);
    }
    await database.run(`drop owned by ${role}`);
    await database.run(`drop role ${role}`);
  });

  test('refuses a database that a newer release has migrated', async () => {
    await using database = open(await freshDatabase());
    await migrate(database);
    await database.run(`insert into millrace.migration (name) values ('9999_new.sql')`);
    await expect(migrate(database)).rejects.toMatchObject({
      code: 'OFFLINE_DENIED',
      message:
        'The tables in this database were created by a newer release of Millrace (this release does not recognize migration 9999_new.sql): use that release or a newer one.',
    });
  });
});
