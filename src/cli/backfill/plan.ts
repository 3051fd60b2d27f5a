// The plan of a backfill: what it would run, what it leaves out and why, and how long it may take.

import type { App } from '../../app.ts';
import { humanDuration } from '../../core/duration.ts';
import type { FeatureView } from '../../definition/view.ts';
import { planBackfill, type StartRequest } from '../../operations/backfill-start.ts';
import { BACKFILL_MODES } from '../../plan/backfill.ts';
import { skipText } from '../../presentation/backfills/backfill-facts.ts';
import { counted, isoSpan, shortInstant, shortSpan } from '../../presentation/format.ts';
import type { BackfillMode, BackfillPlan, BackfillSkip } from '../../state/backfills/backfill.ts';

/** One line per fact; the first names the view. */
export function planLines({ name }: FeatureView, request: StartRequest, plan: BackfillPlan): string[] {
  const { units, chunks, estimate, skipped } = plan;
  const about =
    estimate === null
      ? 'none (the view has no finished runs)'
      : `about ${counted(estimate.rows, 'row')} in ${humanDuration(estimate.ms)}, based on ${counted(estimate.ofRuns, 'run')}`;
  return [
    `Backfill of ${name}, mode ${request.mode}, ${request.order} first`,
    fact('range', `${shortSpan(plan.range)}${requestedText(request, plan)}`),
    fact('to run', `${counted(units, 'unit')} in ${counted(chunks.length, 'chunk')}, ${request.parallel} at a time`),
    ...skipped.map((skip, index) => fact(index === 0 ? 'skipped' : '', skipText(skip))),
    ...(units === 0 ? [] : [fact('estimate', about)]),
  ];
}

function fact(name: string, text: string): string {
  return `  ${name.padEnd(9)} ${text}`;
}

/** The requested range, if it differs from the planned one. */
function requestedText({ range: { from, to } }: StartRequest, { range, requestedUnits }: BackfillPlan): string {
  const isFrom = from === null || from === range.start;
  const isTo = to === null || to === range.end;
  if (isFrom && isTo) return `, ${counted(requestedUnits, 'unit')}`;
  const start = from === null ? 'the start' : shortInstant(from);
  const end = to === null ? 'the frontier' : shortInstant(to);
  return ` of the requested ${start} to ${end}: ${counted(requestedUnits, 'unit')}`;
}

/** Why there is nothing to do, and which mode would find something. */
export async function nothingToDo(app: App, request: StartRequest, { skipped }: BackfillPlan): Promise<string> {
  const why = skipped.map(({ reason, units }) => `${counted(units, 'unit')} ${reason}`).join(', ');
  const others: string[] = [];
  for (const mode of BACKFILL_MODES.filter((one) => one !== request.mode)) {
    const { units } = await planBackfill(app, { ...request, mode, allowRemovals: false });
    if (units > 0) others.push(`--mode ${mode} would run ${counted(units, 'unit')}`);
  }
  const hint = others.length === 0 ? '' : `; ${others.join(', ')}`;
  return `Nothing to do${why === '' ? '' : `: ${why}`}${hint}.`;
}

export function planJson(
  { name }: FeatureView,
  request: { readonly mode: BackfillMode; readonly order: string; readonly parallel: number },
  plan: BackfillPlan,
): object {
  return {
    view: name,
    mode: request.mode,
    order: request.order,
    parallel: request.parallel,
    range: isoSpan(plan.range),
    requestedUnits: plan.requestedUnits,
    units: plan.units,
    chunks: plan.chunks.length,
    skipped: plan.skipped.map(skipJson),
    estimate: plan.estimate,
  };
}

export function skipJson({ reason, units, spans, runs = [] }: BackfillSkip): object {
  return { reason, units, spans: spans.map(isoSpan), runs };
}
