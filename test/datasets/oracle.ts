// Generated worlds of views and labels, and what a training set of them must hold: computed row by row in TypeScript, from the
// definition of the words and from none of the SQL under test.

import { epochMsOf } from '../../src/core/instant.ts';
import type { Dataset, DatasetView } from '../../src/definition/dataset.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { feature, view as viewOf } from '../support/views.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 10);

/** A number from 0 to, and without, 1; the same sequence for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export type Row = { readonly entity: string; readonly micros: number; readonly values: readonly (string | null)[] };

export type ViewWorld = {
  readonly view: FeatureView;
  readonly asked: DatasetView;
  readonly rows: readonly Row[];
  /** Units of the view's time that are covered, and those that are stale, held or skipped: by their starts. */
  readonly covered: ReadonlySet<number>;
  readonly stale: ReadonlySet<number>;
  readonly held: ReadonlySet<number>;
  readonly skipped: ReadonlySet<number>;
};

export type Label = { readonly entity: string; readonly other: string; readonly micros: number };

export type DatasetWorld = {
  readonly dataset: Dataset;
  readonly views: readonly ViewWorld[];
  readonly labels: readonly Label[];
};

export type Answer = {
  readonly micros: number | null;
  readonly values: readonly (string | null)[];
  readonly inHole: boolean;
};

type Chance = {
  readonly of: <T>(all: readonly T[]) => T;
  readonly upTo: (most: number) => number;
  readonly is: (share: number) => boolean;
};

function chanceOf(seed: number): Chance {
  const random = randomOf(seed);
  return {
    of: (all) => all[Math.floor(random() * all.length)] as (typeof all)[number], // the index is below the length
    upTo: (most) => Math.floor(random() * (most + 1)),
    is: (share) => random() < share,
  };
}

const ENTITIES = ['a', 'b', 'B', 'ä', 'a b', '10', '9', 'z'];
/** On an edge, next to it, or a little further. */
const NEAR = [-1, 0, 0, 1, 1_000, -1_000_000, 7_200_000_000];
const NOTES = [
  '',
  'plain',
  'a,b',
  'say "hi"',
  'two\nlines',
  'cr\rlf\r\n',
  '\\N',
  'NULL',
  'tab\t',
  "it's",
  '€ 😀',
  null,
];

/** Types of the features that worlds have, and a value of each. */
const FEATURES = [
  {
    name: 'amount',
    type: 'float',
    of: (c: Chance) => (c.is(0.2) ? null : String(c.of([0.1, -1.5, 1e300, 123456.789]))),
  },
  { name: 'note', type: 'string', of: (c: Chance) => c.of(NOTES) },
  { name: 'lines', type: 'int', of: (c: Chance) => c.of(['9007199254740993', '-1', '0', null]) },
  { name: 'price', type: 'decimal', of: (c: Chance) => c.of(['1.50', '-0.000000001', '12345678901234567890', null]) },
  { name: 'vip', type: 'bool', of: (c: Chance) => c.of(['true', 'false', null]) },
  { name: 'seen', type: 'timestamp', of: (c: Chance) => c.of(['2026-01-31 23:59:59.123456+00', null]) },
  { name: 'place', type: 'vector(2)', of: (c: Chance) => c.of(['{1,2.5}', '{-0.25,1e-07}', null]) },
  { name: 'extra', type: 'json', of: (c: Chance) => c.of(['{"a": [1, "x,y"]}', '"\\n"', null]) },
] as const;

/** A world of at most three views; `index` makes the names of its views its own. */
export function worldOf(seed: number, index = seed): DatasetWorld {
  const chance = chanceOf(seed);
  const delayMs = chance.of([0, 0, 600_000, HOUR, 90_000]);
  const end = START + chance.of([6 * HOUR, DAY, 3 * DAY, 3 * DAY + 1_000]);
  const coverage = chance.is(0.5) ? 'null' : 'required';
  const views = Array.from({ length: 1 + chance.upTo(2) }, (_, place) =>
    viewWorld(chance, `v${index}_${place}`, { end, delayMs, coverage }),
  );
  const dataset: Dataset = {
    name: `set${index}`,
    description: '',
    labels: {
      kind: 'query',
      source: 'shop',
      query: `select * from labels${index} where timestamp >= {{start}} and timestamp < {{end}}`,
    },
    start: epochMsOf(START),
    end: epochMsOf(end),
    views: views.map(({ asked }) => asked),
    delayMs,
    coverage,
    format: 'parquet',
    partition: chance.of([null, null, 'day', 'month']),
    split: chance.is(0.3)
      ? {
          by: chance.of(['entity', 'time']),
          parts: [
            { name: 'train', share: 0.7 },
            { name: 'test', share: 0.3 },
          ],
        }
      : null,
  };
  return { dataset, views, labels: labelsOf(chance, dataset, views) };
}

type Set = { readonly end: number; readonly delayMs: number; readonly coverage: Dataset['coverage'] };

function viewWorld(chance: Chance, name: string, set: Set): ViewWorld {
  const kind = chance.of(['events', 'snapshot', 'events', 'snapshot', 'latest'] as const);
  const unitMs = chance.of([HOUR, 6 * HOUR, DAY]);
  const features = FEATURES.filter(() => chance.is(0.4));
  const used = features.length === 0 ? [FEATURES[0]] : features;
  const start = START - chance.of([0, DAY, 3 * DAY]);
  const view = viewOf({
    name,
    kind,
    unitMs,
    start: epochMsOf(start),
    end: chance.is(0.2) && kind !== 'latest' ? epochMsOf(start + 2 * DAY) : null,
    settleMs: chance.of([0, 0, 300_000, 2 * HOUR]),
    ttlMs: chance.of([null, null, HOUR, 12 * HOUR, 2 * DAY]),
    features: used.map(({ name: of, type }) => feature(of, type, { nullable: true })),
  });
  const picked = chance.is(0.3) ? view.features.slice(0, 1).map((one) => one.name) : null;
  const asked: DatasetView = {
    view: name,
    as: chance.is(0.3) ? `as_${name}` : name,
    features: picked,
    ageMaxMs: chance.of([null, null, HOUR, DAY]),
    entityColumn: chance.of(['entity_id', 'entity_id', 'other_id']),
  };
  const units: number[] = [];
  for (let unit = start; unit < Math.min(view.end ?? Number.POSITIVE_INFINITY, set.end + DAY); unit += unitMs)
    units.push(unit);
  const isWhole = set.coverage === 'required' || chance.is(0.3);
  const some = (share: number) => new Set(units.filter(() => !isWhole && chance.is(share)));
  const [absent, stale, held] = [some(0.15), some(0.1), some(0.1)];
  return {
    view,
    asked,
    rows: rowsOf(chance, view, used, set),
    covered: new Set(units.filter((unit) => !absent.has(unit))),
    stale,
    held,
    skipped: new Set([...absent].filter(() => chance.is(0.5))),
  };
}

function rowsOf(chance: Chance, view: FeatureView, features: readonly (typeof FEATURES)[number][], set: Set): Row[] {
  const rows = new Map<string, Row>();
  const last = (view.end ?? set.end + DAY) * 1_000;
  for (let count = chance.upTo(40); count > 0; count -= 1) {
    const unit = view.start + chance.upTo(Math.ceil((set.end + DAY - view.start) / view.unitMs)) * view.unitMs;
    const micros = unit * 1_000 + chance.of([...NEAR, chance.upTo(view.unitMs * 1_000)]);
    const isOf =
      view.kind === 'events'
        ? micros >= view.start * 1_000 && micros < last
        : micros > view.start * 1_000 && micros <= last;
    const entity = chance.of(ENTITIES);
    if (isOf) rows.set(`${entity} ${micros}`, { entity, micros, values: features.map(({ of }) => of(chance)) });
  }
  return [...rows.values()];
}

/** Near the moments at which rows come to be known, expire or grow too old, where there are any. */
function labelsOf(chance: Chance, { start, end, delayMs }: Dataset, views: readonly ViewWorld[]): Label[] {
  const labels = new Map<string, Label>();
  const moments = views.flatMap(({ view, asked, rows }) =>
    rows.flatMap(({ micros }) => [
      knownFrom(view, delayMs, micros),
      ...(view.ttlMs === null ? [] : [micros + view.ttlMs * 1_000]),
      ...(asked.ageMaxMs === null ? [] : [micros + asked.ageMaxMs * 1_000]),
    ]),
  );
  const usesOther = views.some(({ asked }) => asked.entityColumn === 'other_id');
  for (let count = chance.is(0.05) ? 0 : chance.upTo(60); count > 0; count -= 1) {
    const near =
      moments.length > 0 && chance.is(0.7)
        ? chance.of(moments) + chance.of(NEAR)
        : start * 1_000 + chance.upTo((end - start) * 1_000);
    const micros = Math.min(Math.max(near, start * 1_000), end * 1_000 - 1);
    const label = { entity: chance.of(ENTITIES), other: chance.of(ENTITIES), micros };
    labels.set(`${label.entity} ${usesOther ? label.other : ''} ${micros}`, label);
  }
  return [...labels.values()];
}

/** From when on serving can have known a row of this time. */
export function knownFrom({ kind, unitMs, settleMs }: FeatureView, delayMs: number, micros: number): number {
  if (kind === 'latest') return micros + delayMs * 1_000;
  const unit = unitMs * 1_000;
  const end = kind === 'events' ? (Math.floor(micros / unit) + 1) * unit : Math.ceil(micros / unit) * unit;
  return end + (settleMs + delayMs) * 1_000;
}

function isAlive({ view, asked }: ViewWorld, micros: number, at: number): boolean {
  if (view.ttlMs !== null && micros <= at - view.ttlMs * 1_000) return false;
  return asked.ageMaxMs === null || micros >= at - asked.ageMaxMs * 1_000;
}

/** The last instants of the units that labels could know and that are not stored as they should be. */
export function holesOf({ view, asked, ...sets }: ViewWorld, { start, end, delayMs }: Dataset): number[] {
  if (view.kind === 'latest') return [];
  const holes: number[] = [];
  const limits = [view.ttlMs, asked.ageMaxMs].filter((limit) => limit !== null);
  const since = limits.length === 0 ? Number.NEGATIVE_INFINITY : start - Math.max(...limits);
  for (
    let unit: number = view.start;
    unit + view.unitMs <= (view.end ?? Number.POSITIVE_INFINITY);
    unit += view.unitMs
  ) {
    const unitEnd = unit + view.unitMs;
    if (unitEnd + view.settleMs + delayMs >= end) break;
    // A row at the end of a snapshot's unit still counts at the limit of age_max, but not of ttl.
    const isPast = view.kind === 'snapshot' && view.ttlMs === null ? unitEnd < since : unitEnd <= since;
    if (isPast) continue;
    if (sets.covered.has(unit) && !sets.stale.has(unit) && !sets.held.has(unit)) continue;
    holes.push(view.kind === 'events' ? unitEnd * 1_000 - 1 : unitEnd * 1_000);
  }
  return holes;
}

/** What a view answers for a label. */
export function answerOf(world: ViewWorld, dataset: Dataset, label: Label): Answer {
  const { view, asked, rows } = world;
  const entity = asked.entityColumn === 'entity_id' ? label.entity : label.other;
  const isKnown = (micros: number) => knownFrom(view, dataset.delayMs, micros) <= label.micros;
  const known = rows.filter((row) => row.entity === entity && isKnown(row.micros));
  const newest = known.reduce<Row | null>(
    (best, row) => (best === null || row.micros > best.micros ? row : best),
    null,
  );
  const hole = Math.max(Number.NEGATIVE_INFINITY, ...holesOf(world, dataset).filter(isKnown));
  const nothing = { micros: null, values: featuresOf(world).map(() => null), inHole: false };
  if (
    hole >= (newest?.micros ?? Number.NEGATIVE_INFINITY) &&
    Number.isFinite(hole) &&
    isAlive(world, hole, label.micros)
  ) {
    return { ...nothing, inHole: true };
  }
  if (newest === null || !isAlive(world, newest.micros, label.micros)) return nothing;
  const places = featuresOf(world).map((name) => view.features.findIndex((one) => one.name === name));
  return { micros: newest.micros, values: places.map((place) => newest.values[place] ?? null), inHole: false };
}

/** Names of the features that a set asks a view for. */
export function featuresOf({ view, asked }: ViewWorld): readonly string[] {
  return asked.features ?? view.features.map(({ name }) => name);
}
