// The definitions of docs/guides/other-systems/, and what they read.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type EpochMs, epochMsOf } from '../../../src/core/instant.ts';
import { interval } from '../../../src/core/interval.ts';
import { viewFile } from '../../../src/definition/files/view-file.ts';
import { parseView } from '../../../src/definition/parse/parse-view.ts';
import { type FeatureView, hasIntervals } from '../../../src/definition/view.ts';
import { createRowCheck } from '../../../src/rows/check.ts';
import { requireColumns } from '../../../src/rows/layout.ts';
import { rowRangeOf } from '../../../src/rows/row-range.ts';
import { openSource } from '../../../src/sources/index.ts';
import { openReading, type SourceOptions } from '../../../src/sources/source.ts';
import { sourceOptions } from '../../sources/worlds.ts';

const FOLDER = 'docs/guides/other-systems';

/** The definitions of the page of a system, by name. */
export function documentedViews(system: string): ReadonlyMap<string, FeatureView> {
  const page = readFileSync(join(FOLDER, `${system}.md`), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => parse(text));
  const views = blocks.filter((keys) => 'name' in keys).map((keys) => parseView(viewFile.parse(keys)));
  return new Map(views.map((view) => [view.name, view]));
}

export function documentedView(system: string, name: string): FeatureView {
  const view = documentedViews(system).get(name);
  if (view === undefined) throw new Error(`docs/guides/other-systems/${system}.md has no definition ${name}`);
  return view;
}

/** The systems with a page. */
export function documentedSystems(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name !== 'README.md')
    .map((name) => name.replace('.md', ''));
}

/** The end of the interval that is read. */
export const END = epochMsOf(Date.UTC(2026, 8, 10));

/** The rows as a run stages them, without their time, sorted; the number of refused rows. */
export async function stagedRows(
  view: FeatureView,
  source: Partial<SourceOptions> & { readonly url: string },
  end: EpochMs = END,
) {
  const signal = new AbortController().signal;
  await using opened = openSource(sourceOptions(source));
  const span = hasIntervals(view.kind) ? interval(epochMsOf(end - view.unitMs), end) : null;
  await using reading = await openReading(opened, { view, span }, signal);
  const layout = requireColumns(view, reading.columns);
  const range = span === null || !hasIntervals(view.kind) ? null : rowRangeOf(view.kind, span);
  const check = createRowCheck({ view, layout, range, latestAllowedMicros: Date.now() * 1_000 + 5_000_000 });
  const lines: string[] = [];
  let refused = 0;
  for await (const batch of reading.rows()) {
    const checked = check.check(batch);
    lines.push(...checked.text.split('\n').filter((line) => line !== ''));
    refused += checked.refused.length;
  }
  return { rows: lines.map((line) => line.split('\t').toSpliced(1, 1)).toSorted(), refused };
}
