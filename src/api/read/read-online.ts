// Features of entities from the online store, with the defaults of a service where it has them.

import type { Context } from 'hono';
import { Failure } from '../../core/failure.ts';
import { type EntityKey, partsField } from '../../definition/entity.ts';
import type { Service } from '../../definition/service.ts';
import type { FeatureRow } from '../../offline/feature-row.ts';
import { readRows } from '../../online/read.ts';
import { requireScope } from '../access/callers.ts';
import type { ApiContext, ApiEnv } from '../context.ts';
import { takeCells } from '../memory/cells.ts';
import { Problem } from '../problem.ts';
import { parseAllDigits } from '../push/exact-json.ts';
import { addCells, type Cells, type EntityCells, type OnlineAnswer, UNAVAILABLE } from './cell.ts';
import { requireId } from './entity-key.ts';
import { featuresIn, narrowed, type WantedView, wantedViews } from './feature-refs.ts';
import type { Numbers } from './json-value.ts';
import { type Serving, withService } from './service.ts';

export type OnlineRequest = {
  readonly features: readonly string[];
  readonly service: Service | null;
  /** The keys of each entity. */
  readonly entities: Readonly<Record<string, readonly EntityKey[]>>;
  readonly numbers: Numbers;
};

/** Rows of one request: each is a read of a key. */
const KEYS_MAX = 10_000;

type Group = { readonly entity: string; readonly ids: readonly string[]; readonly views: readonly WantedView[] };

/** @throws Problem REQUEST_INVALID, VIEW_FORBIDDEN, TOO_BUSY; Failure NOT_FOUND, ONLINE_UNAVAILABLE, ONLINE_DAMAGED */
export async function readFeatures(
  c: Context<ApiEnv>,
  context: ApiContext,
  request: OnlineRequest,
): Promise<OnlineAnswer> {
  const views = await wantedViews(request.features, (name) => context.views.require(name));
  for (const { view } of views) requireScope(c.get('caller'), view);
  const groups = groupsOf(views, request.entities);
  const asked = groups.flatMap(({ ids, views: some }) => {
    const narrow = some.map(narrowed);
    return ids.flatMap((entityId) => narrow.map((view) => ({ view, entityId })));
  });
  if (asked.length > KEYS_MAX) {
    throw new Problem(
      'REQUEST_INVALID',
      `The request reads ${asked.length} rows (entities times views), and at most ${KEYS_MAX} are allowed.`,
    );
  }
  takeCells(context.cells, c, cellsIn(groups));
  try {
    const { now, rows } = await readRows(context.online, asked, { parseJson: parseAllDigits });
    const answer = { now: new Date(now).toISOString(), rows: rowsOf(groups, rows, { now, numbers: request.numbers }) };
    return request.service === null ? answer : withService(servingOf(request.service, views, request), answer);
  } catch (thrown) {
    if (!isAway(thrown) || request.service === null) throw thrown;
    return withDefaultsOnly(context, groups, servingOf(request.service, views, request), thrown);
  }
}

function cellsIn(groups: readonly Group[]): number {
  return groups.reduce((sum, { ids, views }) => sum + ids.length * featuresIn(views), 0);
}

function groupsOf(views: readonly WantedView[], entities: OnlineRequest['entities']): Group[] {
  const wanted = Map.groupBy(views, ({ view }) => view.entity);
  for (const entity of Object.keys(entities)) {
    if (wanted.has(entity)) continue;
    throw new Problem(
      'REQUEST_INVALID',
      `No requested feature belongs to the entity ${JSON.stringify(entity)}: expected ids of ${[...wanted.keys()].join(', ')}.`,
    );
  }
  return [...wanted].map(([entity, some]) => {
    const ids = Object.hasOwn(entities, entity) ? entities[entity] : undefined;
    if (ids === undefined) {
      throw new Problem(
        'REQUEST_INVALID',
        `The feature ${some[0]?.wanted[0]?.name} belongs to the entity ${entity}: add its ids to "entities".`,
      );
    }
    const known = ids.map((key, index) => requireId({ entity }, key, `entities.${entity}.${index}`));
    return { entity, ids: known, views: some };
  });
}

function rowsOf(
  groups: readonly Group[],
  rows: readonly (FeatureRow | null)[],
  reading: Parameters<typeof addCells>[3],
): EntityCells[] {
  let place = 0;
  return groups.flatMap(({ entity, ids, views }) =>
    ids.map((id) => {
      const features: Cells = {};
      for (const view of views) {
        addCells(features, view, rows[place] ?? null, reading);
        place += 1;
      }
      return { entity, id, ...partsField({ entity }, id), features };
    }),
  );
}

function servingOf(service: Service, views: readonly WantedView[], { numbers }: OnlineRequest): Serving {
  const features = views.flatMap(({ wanted }) => wanted);
  return { service, types: new Map(features.map(({ name, feature }) => [name, feature.type])), numbers };
}

function isAway(thrown: unknown): thrown is Failure {
  return thrown instanceof Failure && (thrown.code === 'ONLINE_UNAVAILABLE' || thrown.code === 'ONLINE_DENIED');
}

/** Without Redis a service answers only if each of its features has a default. */
function withDefaultsOnly(
  context: ApiContext,
  groups: readonly Group[],
  serving: Serving,
  away: Failure,
): OnlineAnswer {
  if (serving.service.features.some((feature) => feature.default === undefined)) throw away;
  const rows = groups.flatMap(({ entity, ids, views }) =>
    ids.map((id) => {
      const features: Cells = {};
      for (const { wanted } of views) for (const { name } of wanted) features[name] = UNAVAILABLE;
      return { entity, id, ...partsField({ entity }, id), features };
    }),
  );
  return withService(serving, { now: new Date(context.clock.now()).toISOString(), rows });
}
