// The columns of a view over Redis, whose values are texts: each column has the type that its feature needs, and the row
// check refuses other strings.

import type { FeatureView } from '../../definition/view.ts';
import { entryOf } from '../../feature-types/index.ts';
import type { Column } from '../../rows/batch.ts';

export type RedisColumn = Column & { readonly read: (text: string) => string };

const TEXT = 'Redis text';
const SECONDS = /^\d{9,10}(?:\.\d{1,6})?$/;
const MILLISECONDS = /^\d{12,13}$/;

/** entity_id, timestamp and the features, in this order. */
export function redisColumns(view: FeatureView): RedisColumn[] {
  return [
    { name: 'entity_id', type: 'text', nativeType: TEXT, read: unchanged },
    { name: 'timestamp', type: 'timestamptz', nativeType: TEXT, read: timeText },
    ...view.features.map(({ column, type }): RedisColumn => {
      const { columns, textOfInteger } = entryOf(type);
      const read = type === 'timestamp' ? timeText : (textOfInteger ?? unchanged);
      return { name: column, type: columns[0], nativeType: TEXT, read };
    }),
  ];
}

function unchanged(text: string): string {
  return text;
}

/** Unix time in seconds or milliseconds as ISO text; any other text is returned as it is. */
export function timeText(text: string): string {
  if (MILLISECONDS.test(text)) return new Date(Number(text)).toISOString();
  if (!SECONDS.test(text)) return text;
  const [seconds, fraction = ''] = text.split('.');
  return new Date(Number(seconds) * 1000).toISOString().replace('000Z', `${fraction.padEnd(3, '0')}Z`);
}
