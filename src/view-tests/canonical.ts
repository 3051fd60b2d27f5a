// Values as strings that are equal if the values are.

import type { Feature } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { textOfValue } from './column-types.ts';

/** The canonical text of a value of a feature, given by a test or by the row check. */
export function canonicalValue({ type }: Pick<Feature, 'type'>, value: unknown): string | null {
  const text = textOfValue(value);
  return text === null ? null : entryOf(type).canonicalText(text);
}
