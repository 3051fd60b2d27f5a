// Real files in a lake, materialized by whole runs, and the content of the stores afterwards.

import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { FeatureView, ViewFiles } from '../../../src/definition/view.ts';
import { entryOf, type FeatureType } from '../../../src/feature-types/index.ts';
import { readOnline } from '../../../src/online/read.ts';
import { at, feature, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';
import { lakeCaseFile } from './lake-case-files.ts';

const DAY_MS = 86_400_000;

export type LakeCase = {
  /** Files of one day, from the folder lake-cases. */
  readonly files: readonly string[];
  /** The expression for the value. Default: column `v`. */
  readonly value?: string;
  /** The expression for the entity. Default: `id`. */
  readonly entity?: string;
  /** The expression for the time. Default: `{{end}}`. */
  readonly time?: string;
  readonly where?: string;
  readonly type?: FeatureType;
  readonly nullable?: boolean;
  readonly table?: Partial<ViewFiles>;
  readonly changes?: Partial<FeatureView>;
};

/** The newest run of a view: its state, notes and error; and the content of both stores, entity → value. */
export type Found = {
  readonly state: string;
  readonly notes: readonly string[];
  readonly error: string | null;
  readonly refused: Readonly<Record<string, number>>;
  readonly stored: Readonly<Record<string, unknown>>;
};

export type LakeWorld = AsyncDisposable & {
  /** A new view over the files, which are not read yet; returns its name. */
  define(what: LakeCase): Promise<string>;
  /** Replaces the files of the view's day. */
  place(name: string, files: readonly string[]): void;
  /** Runs what is due for a view. */
  materialize(name: string): Promise<Found>;
  readonly world: World;
};

export async function openLakeWorld(): Promise<LakeWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cases-'));
  const world = await openWorld({ folder, sources: { lake: 'file:./lake' } });
  const views = new Map<string, FeatureView>();
  const lake: LakeWorld = {
    world,
    async define(what) {
      const name = `case_${views.size + 1}`;
      const defined = viewOf(name, what);
      views.set(name, defined);
      lake.place(name, what.files);
      await world.apply(defined);
      return name;
    },
    place(name, files) {
      const day = join(folder, 'lake', name, '2026-01-01');
      rmSync(day, { recursive: true, force: true });
      mkdirSync(day, { recursive: true });
      for (const [index, file] of files.entries()) copyFileSync(lakeCaseFile(file), join(day, `${index}-${file}`));
    },
    async materialize(name) {
      await world.materialize(name);
      const defined = views.get(name) ?? view({ name });
      const [run] = await world.sql(
        `select r.state, r.notes, r.error->>'message' as error, r.counts->'refusedBy' as refused
           from millrace.run r join millrace.view v on v.id = r.view_id where v.name = $1 order by r.id desc limit 1`,
        [name],
      );
      const found = JSON.parse(JSON.stringify(run).replaceAll(`${name}/`, '')) as Omit<Found, 'stored'>; // the columns above
      return { ...found, stored: await stored(world, defined) };
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return lake;
}

function viewOf(name: string, what: LakeCase): FeatureView {
  const { value = 'v', entity = 'id', time = '{{end}}', where = '', type = 'float', nullable = false } = what;
  const format = formatOf(what.files[0] ?? '');
  const files: ViewFiles = {
    pattern: `${name}/{yyyy}-{MM}-{dd}/*`,
    format,
    types: format === 'parquet' ? {} : { v: 'float' },
    windowMs: DAY_MS,
    onMissing: 'empty',
    lateMs: 7 * DAY_MS,
    onBadField: 'refuse',
    ...what.table,
  };
  return view({
    name,
    source: 'lake',
    end: at('2026-01-02'),
    features: [feature(name, type, { column: 'value', nullable })],
    query: `select ${entity} as entity_id, ${value} as value, ${time} as timestamp from files ${where}`,
    files: { files },
    ...what.changes,
  });
}

function formatOf(file: string): ViewFiles['format'] {
  if (file.endsWith('.parquet')) return 'parquet';
  return /\.csv/i.test(file) ? 'csv' : 'json';
}

/** From the offline store; if the online store differs, from both. */
async function stored(world: World, { name, features, ...rest }: FeatureView): Promise<Record<string, unknown>> {
  const [table] = await world.sql(`select from pg_tables where schemaname = 'features' and tablename = $1`, [name]);
  if (table === undefined) return {};
  const type = features[0]?.type ?? 'float';
  const spelled = entryOf(type).textSql(name);
  const rows = await world.sql(`select entity_id as id, ${spelled} as value from features.${name} order by 1`);
  const ids = rows.map(({ id }) => String(id));
  const online = await readOnline(world.app.online, [{ name, features, ...rest }], ids);
  return Object.fromEntries(
    rows.map(({ id, value }) => {
      const found = online.get(String(id))?.[name]?.values[name];
      const isSame = isDeepStrictEqual(found, value === null ? null : entryOf(type).fromText(String(value)));
      return [id, isSame ? value : `${value} offline, ${String(found)} online`];
    }),
  );
}
