// The rows that a preview lists.

import { joinParts } from '../core/entity-id.ts';
import { ENTITY_ID, isComposite, keyColumns } from '../definition/entity.ts';
import type { FeatureView } from '../definition/view.ts';
import { type AcceptedRow, acceptedIn } from '../offline/given-rows.ts';
import type { CheckedBatch, CheckedRefusal } from '../rows/check.ts';

export type ShownRows = {
  take(batch: Pick<CheckedBatch, 'text' | 'refused'>): void;
  /** Replaces the rows by those that pass all checks, and adds the refused ones. */
  refuse(passed: readonly AcceptedRow[], refused: readonly CheckedRefusal[]): void;
  rows(): readonly AcceptedRow[];
  refused(): readonly CheckedRefusal[];
};

/** The first rows, or the first of an entity. */
export function shownRows(view: FeatureView, entity: string | null, limit: number): ShownRows {
  let rows: AcceptedRow[] = [];
  const refused: CheckedRefusal[] = [];
  const isWanted = (entityId: string | null | undefined) => entity === null || entityId === entity;
  const addRefused = (refusals: readonly CheckedRefusal[]): void => {
    for (const one of refusals) if (refused.length < limit && isWanted(entityOf(view, one))) refused.push(one);
  };
  return {
    rows: () => rows,
    refused: () => refused,
    take: (batch) => {
      addRefused(batch.refused);
      if (rows.length >= limit) return;
      const text = entity === null ? firstLines(batch.text, limit - rows.length) : batch.text;
      const found = acceptedIn(text).filter(([entityId]) => isWanted(entityId));
      rows.push(...found.slice(0, limit - rows.length));
    },
    refuse: (passed, refusals) => {
      if (refusals.length === 0) return;
      addRefused(refusals);
      rows = passed.filter(([entityId]) => isWanted(entityId)).slice(0, limit);
    },
  };
}

/** The entity of a refused row as the source has it; its components may be joined already. */
function entityOf(view: FeatureView, { row }: CheckedRefusal): string | null {
  const [entityId = null] = [row[ENTITY_ID]];
  if (entityId !== null || !isComposite(view)) return entityId;
  return joinParts(keyColumns(view).map((column) => row[column] ?? ''));
}

function firstLines(text: string, lines: number): string {
  let end = 0;
  for (let line = 0; line < lines && end !== -1 && end < text.length; line += 1) end = text.indexOf('\n', end) + 1;
  return text.slice(0, end);
}
