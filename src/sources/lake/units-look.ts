// The files of many units of a view, found with one listing. The cost of a check for late files does not grow with the number
// of units.

import type { Interval } from '../../core/interval.ts';
import type { FeatureView, ViewFiles } from '../../definition/view.ts';
import { type UnitFiles, unitsOf } from '../source.ts';
import { byName, type FileLocation, type ListedFile } from '../storage/file-location.ts';
import { globsMatching } from '../storage/globs.ts';
import { globsOf } from './tables.ts';

/** The files of each unit, for tables that are checked for late files. @throws Failure as listing does. */
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

/** Glob → its files, for all globs of the units of a table. */
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
