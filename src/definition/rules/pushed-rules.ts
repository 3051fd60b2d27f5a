// Rules of pushed views: programs send their rows, so there is nothing to read and no interval.

import type { ViewFile } from '../files/view-file.ts';
import { atKey, type Finding, unusedKeys, type ViewDraft } from './finding.ts';

/** The keys that a pushed view can have; all others are about reading or intervals. */
const PUSHED_HAS: readonly (keyof ViewFile)[] = [
  ...([
    'name',
    'description',
    'owner',
    'entity',
    'tags',
    'kind',
    'ttl',
    'freshness',
    'type',
    'nullable',
    'features',
  ] as const),
  ...(['checks', 'redacted'] as const),
];

export function pushedFindings(draft: ViewDraft): Finding[] {
  const others = [...draft.written].filter((key): key is keyof ViewFile => !PUSHED_HAS.some((one) => one === key));
  const why = 'a view of kind pushed has no source and no intervals: programs push its rows';
  return [...unusedKeys(draft, others, why), ...nullsFindings(draft)];
}

function nullsFindings({ sound }: ViewDraft): Finding[] {
  return (sound.features ?? []).flatMap((feature, index) =>
    feature.nulls_max === undefined
      ? []
      : [
          atKey(
            ['features', index, 'nulls_max'],
            `\`features[${index}].nulls_max\`: rules about runs do not apply to a view of kind pushed; each row is checked when it is pushed`,
          ),
        ],
  );
}
