// The rules of a view over lake files.

import { formatDuration, parseDuration } from '../core/duration.ts';
import { formatOfPattern, patternProblem, patternSpanMs } from './file-pattern.ts';
import { atValue, type Finding, unwanted, type ViewDraft } from './finding.ts';
import { unitOf } from './time-rules.ts';
import type { FileFormat } from './view.ts';

const FILES_ONLY = ['format', 'types', 'files_window', 'on_missing', 'late_files', 'on_bad_field'] as const;

export function filesFindings(draft: ViewDraft): Finding[] {
  const { files, kind } = draft.sound;
  if (!draft.written.has('files')) return unwanted(draft, FILES_ONLY, 'only for a view over `files`');
  if (files === undefined) return [];
  const wrong = patternProblem(files);
  if (wrong !== null) return [atValue(['files'], `\`files\`: ${wrong}, in '${files.slice(0, 60)}'`)];
  return [
    ...formatFindings(draft, files),
    ...(kind === 'latest' ? latestFindings(draft, files) : [...spanFindings(draft, files), ...windowFindings(draft)]),
  ];
}

/** The format of a view's files: as written, else as their ending says. */
export function formatOf({ sound, written }: ViewDraft): FileFormat | null {
  if (sound.format !== undefined) return sound.format;
  return written.has('format') || sound.files === undefined ? null : formatOfPattern(sound.files);
}

function formatFindings(draft: ViewDraft, files: string): Finding[] {
  const format = formatOf(draft);
  if (format === 'parquet')
    return unwanted(draft, ['types', 'on_bad_field'], 'only for csv and json; parquet has types of its own');
  if (format !== null || draft.written.has('format')) return [];
  const endings = '.csv, .parquet, .json, .ndjson or .jsonl (all but .parquet also with .gz or .zst)';
  return [
    atValue(
      ['files'],
      `\`files\`: '${files.slice(0, 60)}' does not say the format; expected an ending ${endings}, or \`format\``,
    ),
  ];
}

function latestFindings(draft: ViewDraft, files: string): Finding[] {
  const why = 'a view of kind latest has no intervals';
  const windows = unwanted(draft, ['files_window'], why);
  if (patternSpanMs(files) === null) return windows;
  return [...windows, atValue(['files'], `\`files\`: ${why}, so the pattern has no {yyyy} {MM} {dd} {HH}`)];
}

function spanFindings(draft: ViewDraft, files: string): Finding[] {
  const unitMs = unitOf(draft);
  if (unitMs === null) return [];
  const spanMs = patternSpanMs(files);
  const { interval } = draft.sound;
  if (spanMs === null) {
    return [
      atValue(
        ['files'],
        `\`files\`: the pattern has no date; expected {yyyy} {MM} {dd} as fine as the interval (${interval})`,
      ),
    ];
  }
  if (spanMs <= unitMs) return [];
  const holds = formatDuration(spanMs);
  return [
    atValue(['files'], `\`files\`: coarser than the interval: a file holds up to ${holds}, an interval is ${interval}`),
  ];
}

function windowFindings(draft: ViewDraft): Finding[] {
  const { files_window: window, interval } = draft.sound;
  const unitMs = unitOf(draft);
  const windowMs = window === undefined ? null : parseDuration(window);
  if (unitMs === null || windowMs === null || (windowMs > 0 && windowMs % unitMs === 0)) return [];
  return [atValue(['files_window'], `\`files_window\`: expected whole intervals of ${interval}, found '${window}'`)];
}
