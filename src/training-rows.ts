// Streams a training set to a program: takes labels, and returns each with the rows known at its time.

import type { Clock } from './core/clock.ts';
import { parseDuration } from './core/duration.ts';
import { Failure } from './core/failure.ts';
import { safe, text, value } from './core/message.ts';
import { orAborted } from './core/within.ts';
import { type Asked, type KnownOptions, knownAt, LABELS_PER_QUERY } from './datasets/known-rows.ts';
import type { DatasetView } from './definition/dataset.ts';
import type { Database } from './postgres/database.ts';
import {
  microsOf,
  requireKey,
  requireList,
  requireName,
  requireNames,
  requireOptions,
  requirePair,
  requireSignal,
  requireStream,
} from './reader-arguments.ts';
import { inGroups, untilAborted } from './reader-groups.ts';
import type { EntityAt } from './reader-types.ts';

const ENTITY = 'entityId';

/** The options of `trainingSet`, for any catalog. */
export type UntypedOptions = {
  readonly views: readonly (string | UntypedView)[];
  readonly labels: Iterable<EntityAt> | AsyncIterable<EntityAt>;
  readonly delay?: string;
  readonly coverage?: 'required' | 'null';
  readonly signal?: AbortSignal;
};

type UntypedView = {
  readonly view: string;
  readonly features?: readonly string[];
  readonly as?: string;
  readonly ageMax?: string;
  readonly entityId?: string;
};

export type UntypedRow = {
  readonly label: EntityAt;
  readonly rows: Readonly<Record<string, unknown>>;
  readonly inHoles: readonly string[];
};

type World = { readonly database: Database; readonly clock: Clock };

/** @throws Failure as `Reader.trainingSet` */
export async function* trainingRows({ database, clock }: World, options: UntypedOptions): AsyncGenerator<UntypedRow> {
  requireKnownOptions(options);
  const { views, labels, delay = '0s', coverage = 'required', signal } = options;
  const known: KnownOptions = {
    name: 'The training set',
    views: views.map(datasetView),
    delayMs: requireDuration('delay', delay),
    coverage,
  };
  requireDistinct(known.views);
  const entities = [...new Set(known.views.map(({ entityColumn }) => entityColumn))];
  let first = 0;
  for await (const group of inGroups(checked(labels), { max: LABELS_PER_QUERY, clock, signal })) {
    const rows = await orAborted(() => joined(database, known, { entities, group, first, signal }), signal);
    yield* untilAborted(rows, signal);
    first += group.length;
  }
}

/** @throws Failure ARGUMENT_INVALID for options that programs in JavaScript misspell, as they would change the set. */
function requireKnownOptions(options: UntypedOptions): void {
  requireOptions('The argument of trainingSet', options, ['views', 'labels', 'delay', 'coverage', 'signal']);
  const { views, labels, coverage = 'required', signal } = options;
  requireSignal('signal', signal);
  requireStream('labels', labels);
  requireList('views', views, 'view names or objects with `view`');
  for (const [index, asked] of views.entries()) {
    if (typeof asked === 'string') continue;
    const argument = `views[${index}]`;
    requireOptions(argument, asked, ['view', 'features', 'as', 'ageMax', 'entityId']);
    requireName(`${argument}.view`, asked.view);
    if (asked.features !== undefined) requireNames(`${argument}.features`, asked.features);
    if (asked.as !== undefined) requireName(`${argument}.as`, asked.as);
    if (asked.entityId !== undefined) requireName(`${argument}.entityId`, asked.entityId);
  }
  if (coverage === 'required' || coverage === 'null') return;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`coverage is ${value(JSON.stringify(coverage))}; expected "required" or "null".`,
    { argument: 'coverage' },
  );
}

async function* checked(labels: UntypedOptions['labels']): AsyncGenerator<EntityAt> {
  let index = 0;
  for await (const label of labels) {
    requirePair(label, index, 'labels');
    index += 1;
    yield label;
  }
}

type Group = {
  readonly entities: readonly string[];
  readonly group: readonly EntityAt[];
  /** The index of its first label. */
  readonly first: number;
  readonly signal: AbortSignal | undefined;
};

async function joined(database: Database, known: KnownOptions, { entities, group, first, signal }: Group) {
  const asked = group.map((label, index): Asked => {
    const ids = entities.map((name) => [
      name,
      requireKey(`labels[${first + index}].${name}`, Reflect.get(label, name)),
    ]);
    return { entityIds: Object.fromEntries(ids), at: microsOf(label.at) };
  });
  const found = await knownAt(database, known, asked, signal);
  return group.map((label, index) => ({ label, rows: found[index]?.rows ?? {}, inHoles: found[index]?.inHoles ?? [] }));
}

function datasetView(asked: UntypedOptions['views'][number], index: number): DatasetView {
  if (typeof asked === 'string') {
    return { view: asked, as: asked, features: null, ageMaxMs: null, entityColumn: ENTITY };
  }
  const { view, as = view, features = null, ageMax, entityId = ENTITY } = asked;
  const ageMaxMs = ageMax === undefined ? null : requireDuration(`views[${index}].ageMax`, ageMax);
  return { view, as, features, ageMaxMs, entityColumn: entityId };
}

/** @throws Failure ARGUMENT_INVALID for views with one name, of which a row of the set could have only the last. */
function requireDistinct(views: readonly DatasetView[]): void {
  const names = views.map(({ as }) => as);
  const second = names.findIndex((as, index) => names.indexOf(as) !== index);
  if (second === -1) return;
  const as = names[second] ?? '';
  throw new Failure(
    'ARGUMENT_INVALID',
    text`views[${safe(names.indexOf(as))}] and views[${safe(second)}] are both called ${value(JSON.stringify(as))}: set \`as\` for one of them.`,
    { argument: `views[${second}]` },
  );
}

function requireDuration(argument: string, written: string): number {
  const ms = typeof written === 'string' ? parseDuration(written) : null;
  if (ms !== null) return ms;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(argument)} is ${value(JSON.stringify(written))}; expected a duration such as "30s", "10m" or "7d".`,
    { argument },
  );
}
