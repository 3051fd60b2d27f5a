// Opens sources of all kinds (kinds.ts).

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { withTypesChecked } from './declared-types.ts';
import * as kinds from './kinds.ts';
import type { Source, SourceKind, SourceOptions } from './source.ts';

export const SOURCE_KINDS: readonly SourceKind[] = Object.values(kinds);

/** The kind of source that reads such URLs. */
export function sourceKindOf(url: string): SourceKind | undefined {
  const scheme = schemeOf(url);
  return SOURCE_KINDS.find(({ schemes }) => schemes.includes(scheme));
}

function schemeOf(url: string): string {
  return url.split(':', 1)[0]?.toLowerCase() ?? '';
}

/** Opens a source by the scheme of its URL, without connecting. @throws Failure DEFINITION_INVALID for an unknown scheme. */
export function openSource(options: SourceOptions): Source {
  const kind = sourceKindOf(options.url);
  if (kind !== undefined) {
    const source = kind.open(options);
    return kind.needs === 'query' ? withTypesChecked(source, kind.dialect) : source;
  }
  const known = SOURCE_KINDS.flatMap(({ schemes }) => schemes.map((each) => `${each}:`)).join(', ');
  throw new Failure(
    'DEFINITION_INVALID',
    text`The URL of source ${safe(options.name)} has an unknown scheme, ${safe(JSON.stringify(schemeOf(options.url)))}; expected one of ${safe(known)}.`,
    { source: options.name },
  );
}
