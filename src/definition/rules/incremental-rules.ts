// Rules of a view with `incremental: true`: its parts must combine to exactly what one scan of the window yields.

import { parseDuration } from '../../core/duration.ts';
import { entryOf, FEATURE_TYPES } from '../../feature-types/index.ts';
import { patternSpanMs } from '../file-pattern.ts';
import type { FeatureFile } from '../files/view-file.ts';
import { formatKeyPath } from '../yaml/problem.ts';
import { atKey, atValue, type Finding, unusedKeys, type ViewDraft } from './finding.ts';
import { unitOf } from './time-rules.ts';

const DAY_MS = 86_400_000;
const OPERATORS: readonly string[] = ['count', 'sum', 'min', 'max'];
/** Whose sums are exact. */
const TYPES = Object.entries(FEATURE_TYPES).flatMap(([name, { arithmetic }]) => (arithmetic === 'exact' ? [name] : []));

export function incrementalFindings(draft: ViewDraft): Finding[] {
  const { sound, written } = draft;
  if (sound.incremental !== true) return [];
  if (!written.has('from')) return unusedKeys(draft, ['incremental'], 'only for a view with `from`');
  const unread =
    'is missing; set the number of newest intervals that are read again for late rows (0 if rows are never late)';
  return [
    ...(written.has('lookback') ? [] : [atKey(['lookback'], `\`lookback\` ${unread}`)]),
    ...filesFindings(draft),
    ...(sound.features ?? []).flatMap((feature, index) => featureFindings(feature, index, draft)),
  ];
}

/** Each file must belong to one interval, which is the only one that reads it. */
function filesFindings(draft: ViewDraft): Finding[] {
  const { from, interval } = draft.sound;
  if (typeof from !== 'object' || from.files === undefined) return [];
  const window =
    from.files_window === undefined
      ? []
      : [
          atKey(
            ['from', 'files_window'],
            '`from.files_window`: cannot be combined with `incremental: true`, because a run reads only the files of its interval; remove it',
          ),
        ];
  const spanMs = patternSpanMs(from.files);
  const unitMs = unitOf(draft);
  // A coarser pattern is reported for every view.
  if (spanMs === null || unitMs === null || spanMs > unitMs) return window;
  if (spanMs <= DAY_MS && unitMs % spanMs === 0) return window;
  const sentence = `with \`incremental: true\`, expected {dd} or {HH}, and an interval that is a multiple of it, because each file must belong to one interval (${interval})`;
  return [...window, atValue(['from', 'files'], `\`from.files\`: ${sentence}`)];
}

/** Problems of the operator itself are reported with those of every view. */
function featureFindings({ aggregate, type, window }: FeatureFile, index: number, draft: ViewDraft): Finding[] {
  const place = (key: string) => ['features', index, key];
  const say = (key: string, sentence: string) => atValue(place(key), `\`${formatKeyPath(place(key))}\`: ${sentence}`);
  const other = 'move the feature to a view without `incremental`';
  if (aggregate === undefined) return [];
  if (!OPERATORS.includes(aggregate)) {
    return [say('aggregate', `expected ${listed(OPERATORS)} with \`incremental: true\`, found ${aggregate}; ${other}`)];
  }
  if (entryOf(type).arithmetic !== 'exact') {
    return [say('type', `expected ${listed(TYPES)} with \`incremental: true\`, found ${type}; ${other}`)];
  }
  if (window === undefined) {
    const key = `\`${formatKeyPath(place('window'))}\``;
    return [
      atKey(place('window'), `${key} is missing; an incremental view combines the partial aggregates of a window`),
    ];
  }
  const unitMs = unitOf(draft);
  if (unitMs === null) return [];
  return [window].flat().flatMap((each) => {
    const windowMs = parseDuration(each) ?? 0;
    // A shorter window is reported for every view.
    if (windowMs < unitMs || windowMs % unitMs === 0) return [];
    return [
      say(
        'window',
        `expected a multiple of the interval (${draft.sound.interval}) with \`incremental: true\`, found '${each}'`,
      ),
    ];
  });
}

function listed(words: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(words);
}
