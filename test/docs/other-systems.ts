// The definitions of docs/guides/other-systems.md, and what they read.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type EpochMs, epochMsOf } from '../../src/core/instant.ts';
import { interval } from '../../src/core/interval.ts';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { createRowCheck } from '../../src/rows/check.ts';
import { requireColumns } from '../../src/rows/layout.ts';
import { rowRangeOf } from '../../src/rows/row-range.ts';
import { openSource } from '../../src/sources/index.ts';
import { openReading } from '../../src/sources/source.ts';
import { sourceOptions } from '../sources/worlds.ts';

const GUIDE = 'docs/guides/other-systems.md';

export function documentedView(name: string): FeatureView {
  const blocks = [...readFileSync(GUIDE, 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => parse(text));
  return parseView(viewFile.parse(blocks.find((keys) => keys.name === name)));
}

/** The names of all definitions of the guide. */
export function documentedNames(): string[] {
  return [...readFileSync(GUIDE, 'utf8').matchAll(/^name: (\w+)$/gm)].map(([, name = '']) => name);
}

/** The rows as a run stages them, without their time, sorted; the number of refused rows. */
export async function stagedRows(view: FeatureView, url: string, end: EpochMs = epochMsOf(Date.now())) {
  const signal = new AbortController().signal;
  await using source = openSource(sourceOptions({ url }));
  const span = view.kind === 'latest' ? null : interval(epochMsOf(end - view.unitMs), end);
  await using reading = await openReading(source, { view, span }, signal);
  const layout = requireColumns(view, reading.columns);
  const range = span === null || view.kind !== 'snapshot' ? null : rowRangeOf(view.kind, span);
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
