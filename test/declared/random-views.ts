// Random rows and random declared views, the same for the same seed.

import type { EventRow, ProfileRow } from './events.ts';

export type Random = {
  below(count: number): number;
  of<Value>(values: readonly Value[]): Value;
  chance(share: number): boolean;
};

/** A generator of 32 bits (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    below,
    of: (values) => {
      const value = values[below(values.length)];
      if (value === undefined) throw new RangeError('of an empty list');
      return value;
    },
    chance: (share) => next() < share,
  };
}

/** Keys and strings that engines like to confuse: by case, accent, trailing space, pattern or escape. */
export const USERS = ['u1', 'U1', 'u1 ', 'ü1', "o'hara", 'back\\slash', 'per%cent', 'u_1', '日本', '17850'];
export const TYPES = [
  'login',
  'Login',
  'login ',
  'purchase',
  "it's",
  'a%b',
  'a_b',
  'a\\b',
  'a!b',
  '',
  '{{end}}',
  'x\ny',
];
const COUNTRIES = ['DE', 'FR', 'de', 'Ü'];
const DEVICES = ['d1', 'D1', 'd1 ', 'd2', 'd3', 'é', 'e'];
const HOUR_US = 3_600_000_000;

export function randomEvents(random: Random, count: number, endMs: number): EventRow[] {
  const orNull = <Value>(value: Value) => (random.chance(0.1) ? null : value);
  return Array.from({ length: count }, () => ({
    user_id: random.of(USERS),
    event_time: randomTime(random, endMs),
    event_type: orNull(random.of(TYPES)),
    country: orNull(random.of(COUNTRIES)),
    device: orNull(random.of(DEVICES)),
    amount: orNull(((random.below(20_000) - 5_000) / 100).toFixed(2)),
    quantity: orNull(random.below(7) - 2),
    score: orNull((random.below(2_000_001) - 1_000_000) / 1_000),
    vip: orNull(random.chance(0.5)),
  }));
}

/** Up to nine days before the end, often exactly on the bound of a window, or a microsecond from it, or with another row. */
function randomTime(random: Random, endMs: number): string {
  const hours = random.of([0, 1, 2, 6, 24, 48, 168, random.below(216)]);
  const micros = hours * HOUR_US + random.of([0, 0, 1, -1, random.below(HOUR_US)]);
  const atMicros = endMs * 1_000 - micros;
  const ms = Math.floor(atMicros / 1_000);
  const text = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
  return `${text}${String(atMicros - ms * 1_000).padStart(3, '0')}`;
}

export function randomProfiles(random: Random): ProfileRow[] {
  return USERS.filter(() => random.chance(0.7)).map((user_id) => ({
    user_id,
    kyc: random.of(['verified', 'pending', null]),
    level: random.of([1, 2, null]),
  }));
}

type Written = Record<string, unknown>;
const WINDOWS = ['1h', '2h', '6h', '24h', '2d', '7d'];

/** The features of a view over files must have a window, and cannot look anything up. */
export function randomFeatures(random: Random, over: 'files' | 'database'): Written[] {
  return Array.from({ length: 1 + random.below(5) }, (_, index) => randomFeature(random, over, `f${index}`));
}

function randomFeature(random: Random, over: 'files' | 'database', name: string): Written {
  if (over === 'database' && random.chance(0.1)) return randomLookup(random, name);
  const window = over === 'files' || random.chance(0.7) ? { window: random.of(WINDOWS) } : {};
  const where = random.chance(0.5) ? { where: randomFilter(random, 0) } : {};
  return { name, ...randomAggregate(random), ...window, ...where };
}

function randomAggregate(random: Random): Written {
  const number = () =>
    random.of([
      { column: 'amount', type: 'decimal' },
      { column: 'quantity', type: 'int' },
      { column: 'score', type: 'float' },
    ]);
  const float = () => ({ column: random.of(['amount', 'quantity', 'score']), type: 'float' });
  const any = () =>
    random.of<Written>([number(), { column: 'country', type: 'string' }, { column: 'device', type: 'string' }]);
  return random.of<() => Written>([
    () => ({ aggregate: 'count', type: 'int', ...(random.chance(0.5) ? { column: 'country' } : {}) }),
    () => ({
      aggregate: 'count_distinct',
      type: 'int',
      column: random.of(['device', 'country', 'amount', 'quantity', 'vip']),
    }),
    () => ({ aggregate: 'sum', ...number() }),
    () => ({ aggregate: 'avg', ...float() }),
    () => ({ aggregate: 'min', ...any() }),
    () => ({ aggregate: 'max', ...any() }),
    () => ({ aggregate: 'median', ...float() }),
    () => ({ aggregate: 'stddev', ...float() }),
    () => ({ aggregate: 'percentile', at: random.of([0, 0.1, 0.25, 0.333, 0.9, 1]), ...float() }),
    () => ({ aggregate: 'first', ...random.of([any(), { column: 'vip', type: 'bool' }]) }),
    () => ({ aggregate: 'last', ...random.of([any(), { column: 'vip', type: 'bool' }]) }),
    () => ({ aggregate: 'first_seen', type: 'timestamp' }),
    () => ({ aggregate: 'last_seen', type: 'timestamp' }),
    () => ({ aggregate: 'time_since', type: random.of(['int', 'float']) }),
    () => ({ aggregate: 'velocity', type: 'bool', threshold: random.below(4), window: '24h' }),
    () => ({ aggregate: 'avg', ...float(), default: -1.5 }),
    () => ({ aggregate: 'last', column: 'country', type: 'string', default: "no'ne\\" }),
  ])();
}

function randomLookup(random: Random, name: string): Written {
  const found = random.of<Written>([
    { column: 'kyc', type: 'string' },
    { column: 'kyc', type: 'string', default: 'unknown' },
    { column: 'level', type: 'int', default: 0 },
  ]);
  return { name, aggregate: 'lookup', table: 'profiles', ...found };
}

export function randomFilter(random: Random, depth: number): Written {
  if (depth < 2 && random.chance(0.25)) {
    const filters = Array.from({ length: 1 + random.below(3) }, () => randomFilter(random, depth + 1));
    return { [random.of(['any', 'all'])]: filters };
  }
  const conditions = Array.from({ length: random.of([1, 1, 2]) }, () => randomCondition(random));
  return Object.fromEntries(conditions);
}

function randomCondition(random: Random): readonly [string, unknown] {
  const number = () => random.of([-10, 0, 0.5, 1, 2, 49.99, 100]);
  const pair = () => [number(), number()];
  const type = () => random.of(TYPES);
  return random.of<() => readonly [string, unknown]>([
    () => ['event_type', type()],
    () => ['country', null],
    () => ['vip', random.chance(0.5)],
    () => ['quantity', random.below(4)],
    () => ['event_type', { [random.of(['eq', 'ne'])]: type() }],
    () => ['event_type', { [random.of(['in', 'not_in'])]: [type(), type()] }],
    () => ['quantity', { [random.of(['in', 'not_in'])]: [0, random.below(4)] }],
    () => [
      'event_type',
      { like: random.of(['log%', '%\\%%', 'a\\_b', 'a_b', '%!%', 'LOGIN', '%', '_', 'a\\\\b', '%\n%']) },
    ],
    () => [random.of(['amount', 'quantity', 'score']), { [random.of(['gt', 'gte', 'lt', 'lte', 'ne'])]: number() }],
    () => [random.of(['amount', 'score']), { between: pair() }],
    () => ['amount', { gt: number(), lte: number() }],
    () => ['event_time', { [random.of(['gt', 'lte'])]: random.of(['2026-09-08', '2026-09-09T12:00:00Z']) }],
    () => [random.of(['country', 'amount']), { is_null: random.chance(0.5) }],
  ])();
}
