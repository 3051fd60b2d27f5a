// Opens sources of all kinds (kinds.ts).

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { withTypesChecked } from './declared-types.ts';
import * as kinds from './kinds.ts';
import type { Source, SourceKind, SourceOptions } from './source.ts';

export const SOURCE_KINDS: readonly SourceKind[] = Object.values(kinds);

/** Opens a source by the scheme of its URL, without connecting. @throws Failure DEFINITION_INVALID for an unknown scheme. */
export function openSource(options: SourceOptions): Source {
  const scheme = options.url.split(':', 1)[0]?.toLowerCase() ?? '';
  const kind = SOURCE_KINDS.find(({ schemes }) => schemes.includes(scheme));
  if (kind !== undefined) {
    const source = kind.open(options);
    return kind.needs === 'query' ? withTypesChecked(source, kind.dialect) : source;
  }
  const known = SOURCE_KINDS.flatMap(({ schemes }) => schemes.map((each) => `${each}:`)).join(', ');
  throw new Failure(
    'DEFINITION_INVALID',
    text`The URL of source ${safe(options.name)} has an unknown scheme, ${safe(JSON.stringify(scheme))}; expected one of ${safe(known)}.`,
    { source: options.name },
  );
}
