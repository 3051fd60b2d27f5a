// A test of a view as the text of its file.

import { type ScalarTag, stringify } from 'yaml';
import { formatInstant } from '../core/instant.ts';
import { isRawJson } from '../core/raw-json.ts';
import type { ViewTest } from './view-test.ts';

/** Numbers with all their digits. */
const DIGITS: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: isRawJson,
  resolve: (text) => text,
  stringify: ({ value }) => (isRawJson(value) ? value.rawJSON : String(value)),
};

export function viewTestText({ view, description, now, given, types, span, expect }: Omit<ViewTest, 'file'>): string {
  const written = {
    view,
    ...(description === '' ? {} : { description }),
    ...(now === null ? {} : { now: formatInstant(now) }),
    given,
    ...(Object.keys(types).length === 0 ? {} : { types }),
    ...(span === null ? {} : { span: [formatInstant(span.start), formatInstant(span.end)] }),
    expect: {
      rows: expect.rows ?? [],
      refused: expect.refused,
      ...(expect.checks.length === 0 ? {} : { checks: expect.checks }),
    },
  };
  return stringify(written, { version: '1.2', schema: 'core', lineWidth: 0, customTags: [DIGITS] });
}
