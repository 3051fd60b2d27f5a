// Leaves connections of a database to other runs while backfills read from it.

import type { Connections } from '../definition/connections/connections.ts';
import { sourceKindOf } from './index.ts';
import { createPlaces, type Places } from './places.ts';

/** The places for readings of backfills in a source; null where nothing limits how many readings there are at a time. */
export type BackfillPlaces = (source: string) => Places | null;

/** For all sources of a process: backfills use at most half of the connections of each database. */
export function backfillPlacesOf({ sources }: Connections): BackfillPlaces {
  const opened = new Map<string, Places>();
  return (name) => {
    const source = sources[name];
    if (source === undefined || sourceKindOf(source.url)?.needs !== 'query') return null;
    const places = opened.get(name) ?? createPlaces(Math.max(1, Math.floor(source.poolMax / 2)));
    opened.set(name, places);
    return places;
  };
}
