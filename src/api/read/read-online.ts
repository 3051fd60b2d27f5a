// Features of entities from the online store, with the defaults of a service where it has them.

import type { Context } from 'hono';
import { Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import { type EntityKey, partsField } from '../../definition/entity.ts';
import type { Service } from '../../definition/service.ts';
import { type AskedRow, readRows, rereadIfRetyped } from '../../online/read.ts';
import { requireScope } from '../access/callers.ts';
import type { ApiContext, ApiEnv } from '../context.ts';
import { takeCells } from '../memory/cells.ts';
import { Problem } from '../problem.ts';
import { type CellsText, cellsOf, unavailableCells } from './cell.ts';
import { requireId } from './entity-key.ts';
import { featuresIn, narrowed, type WantedView, wantedViews } from './feature-refs.ts';
import { jsonOf, type Numbers } from './json-value.ts';
import { servedBy } from './service.ts';

export type OnlineRequest = {
  readonly features: readonly string[];
  readonly service: Service | null;
  /** The keys of each entity. */
  readonly entities: Readonly<Record<string, readonly EntityKey[]>>;
  readonly numbers: Numbers;
};

/** Each row is the JSON of an object. */
export type OnlineAnswer = { readonly now: string; readonly rows: readonly string[] };

/** Rows of one request: each is a read of a key. */
const KEYS_MAX = 10_000;

/** The rows of a request: the groups of its response, and what is read for them, in order. */
type WantedRows = { readonly groups: readonly Group[]; readonly asked: readonly AskedRow[] };

type Group = { readonly entity: string; readonly ids: readonly string[]; readonly views: readonly WantedView[] };

/** @throws Problem REQUEST_INVALID, VIEW_FORBIDDEN, TOO_BUSY; Failure NOT_FOUND, ONLINE_UNAVAILABLE, ONLINE_DAMAGED */
export async function readFeatures(
  c: Context<ApiEnv>,
  context: ApiContext,
  request: OnlineRequest,
): Promise<OnlineAnswer> {
  const wanted = await wantedRows(c, context, request);
  // Once, also if the rows are read again: the room is free when the response is sent.
  takeCells(context.cells, c, cellsIn(wanted.groups));
  return rereadIfRetyped(
    () => readWanted(context, request, wanted),
    async () => {
      await context.views.doubt();
      return readWanted(context, request, await wantedRows(c, context, request));
    },
  );
}

async function wantedRows(c: Context<ApiEnv>, context: ApiContext, request: OnlineRequest): Promise<WantedRows> {
  const caller = c.get('caller');
  const views = await wantedViews(request.features, (name) => context.views.require(name, caller));
  for (const { view } of views) requireScope(caller, view);
  const groups = groupsOf(views, request.entities);
  const asked = groups.flatMap(({ ids, views: some }) => {
    const narrow = some.map(narrowed);
    return ids.flatMap((entityId) => narrow.map((view) => ({ view, entityId })));
  });
  if (asked.length > KEYS_MAX) {
    throw new Problem(
      'REQUEST_INVALID',
      `The request reads ${asked.length} rows (entities times views), but at most ${KEYS_MAX} are allowed.`,
    );
  }
  return { groups, asked };
}

async function readWanted(
  context: ApiContext,
  { service, numbers }: OnlineRequest,
  { groups, asked }: WantedRows,
): Promise<OnlineAnswer> {
  const views = groups.flatMap((group) => group.views);
  const how = service === null ? {} : { served: servedBy(service, views, numbers) };
  try {
    const { now, rows } = await readRows(context.online, asked, jsonOf(numbers));
    const reading = { now, ...how };
    return answerOf(groups, now, (view, place) => cellsOf(view, rows[place] ?? null, reading));
  } catch (thrown) {
    if (!isAway(thrown) || service?.features.every((feature) => feature.default !== undefined) !== true) throw thrown;
    // Without Redis, a service responds if each of its features has a default.
    const reading = { now: context.clock.now(), ...how };
    return answerOf(groups, reading.now, (view) => unavailableCells(view, reading));
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
      `No requested feature belongs to the entity ${JSON.stringify(entity)}: expected ${[...wanted.keys()].join(' or ')}.`,
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

/** `cells` returns the features of a row by its place among all. */
function answerOf(
  groups: readonly Group[],
  now: EpochMs,
  cells: (view: WantedView, place: number) => CellsText,
): OnlineAnswer {
  let place = 0;
  const rows: string[] = [];
  for (const { entity, ids, views } of groups) {
    const begin = `{"entity":${JSON.stringify(entity)},"id":`;
    for (const id of ids) {
      const { parts } = partsField({ entity }, id);
      const head = `${begin}${JSON.stringify(id)}${parts === undefined ? '' : `,"parts":${JSON.stringify(parts)}`}`;
      let features = '';
      for (const view of views) {
        features += `${features === '' ? '' : ','}${cells(view, place)}`;
        place += 1;
      }
      rows.push(`${head},"features":{${features}}}`);
    }
  }
  return { now: new Date(now).toISOString(), rows };
}

function isAway(thrown: unknown): thrown is Failure {
  return thrown instanceof Failure && (thrown.code === 'ONLINE_UNAVAILABLE' || thrown.code === 'ONLINE_DENIED');
}
