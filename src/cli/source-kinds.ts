// The known kinds of sources, for checking definitions.

import type { KnownKind } from '../definition/rules/scheme-rules.ts';

/** Imported on first use: a help page does not need the drivers of all sources. */
export async function sourceKinds(): Promise<readonly KnownKind[]> {
  return (await import('../sources/index.ts')).SOURCE_KINDS;
}
