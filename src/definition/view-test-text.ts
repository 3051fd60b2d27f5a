// A test of a view as the text of its file.

import { stringify } from 'yaml';
import { formatInstant } from '../core/instant.ts';
import type { ViewTest } from './view-test.ts';

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
  return stringify(written, { version: '1.2', schema: 'core', lineWidth: 0 });
}
