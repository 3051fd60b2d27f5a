// The files of many units of a view, found in one look at their place: what a look for late files costs does not grow with
// the units.

import type { Interval } from '../../core/interval.ts';
import type { FeatureView, ViewFiles } from '../../definition/view.ts';
import { type UnitFiles, unitsOf } from '../source.ts';
import { byName, type FileLocation, type ListedFile } from '../storage/file-location.ts';
import { globsMatching } from '../storage/globs.ts';
import { globsOf } from './tables.ts';

/** Those of each unit of the spans, of the tables of the view that are looked at again. @throws Failure as listing does. */
export async function filesOfUnits(
  location: FileLocation,
  view: FeatureView,
  spans: readonly Interval[],
  signal: AbortSignal,
): Promise<readonly UnitFiles[]> {
  const units = spans.flatMap((span) => unitsOf(view, span));
  const found = units.map((unit) => ({ unit, files: new Map<string, ListedFile>() }));
  for (const table of Object.values(view.files ?? {})) {
    if (table.lateMs === 0 || units.length === 0) continue;
    const ofGlob = await filesOfGlobs(location, view, table, units, signal);
    for (const { unit, files } of found) {
      for (const glob of globsOf(view, table, unit))
        for (const file of ofGlob.get(glob) ?? []) files.set(file.name, file);
    }
  }
  return found.map(({ unit, files }) => ({ unit, files: [...files.values()].sort(byName) }));
}

/** Glob → the files that match it, for all that the units of a table ask for. */
async function filesOfGlobs(
  location: FileLocation,
  view: FeatureView,
  table: ViewFiles,
  units: readonly Interval[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly ListedFile[]>> {
  const globs = [...new Set(units.flatMap((unit) => globsOf(view, table, unit)))];
  const matching = globsMatching(globs);
  const found = new Map<string, ListedFile[]>(globs.map((glob) => [glob, []]));
  for (const file of await location.list(globs, signal)) {
    for (const glob of matching(file.name)) found.get(glob)?.push(file);
  }
  return found;
}
