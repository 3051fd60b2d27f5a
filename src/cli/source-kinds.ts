// The kinds of sources, against which definitions are checked.

import type { KnownKind } from '../definition/rules/scheme-rules.ts';

/** Imported when they are asked for: the drivers of all sources are not needed to show a help page. */
export async function sourceKinds(): Promise<readonly KnownKind[]> {
  return (await import('../sources/index.ts')).SOURCE_KINDS;
}
