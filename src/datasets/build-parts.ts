// Builds the parts of a set, and those again whose views have changed meanwhile, so that all of them show one state of each
// view in the time that they can know.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { eachOf } from '../sources/storage/each-of.ts';
import { type BuildOwner, recordedParts, recordPart } from '../state/datasets/builds.ts';
import type { Change } from '../state/datasets/view-facts.ts';
import type { Building, BuildProgress, PartPlan } from './building.ts';
import { changesFor, hasChanged } from './changes.ts';
import { spanOf } from './labels/read-labels.ts';
import { buildPart } from './part.ts';
import type { PartFacts } from './receipt.ts';

/** While Postgres joins one part, another is written. */
const PARTS_AT_ONCE = 2;
/** How often parts are made in all: again where a view changed meanwhile. */
const ROUNDS_MAX = 3;

export type Parts = {
  readonly parts: readonly PartFacts[];
  /** View → its newest change of which the parts are not behind. */
  readonly commits: Readonly<Record<string, number | null>>;
};

export type Recording = { readonly build: number; readonly by: BuildOwner; readonly progress?: BuildProgress };

/** @throws Failure CHECK_FAILED for views that keep changing, or as `buildPart` does. */
export async function buildParts(
  building: Building,
  plans: readonly PartPlan[],
  { build, by, progress }: Recording,
): Promise<Parts> {
  const { database, signal, labels } = building;
  const done = await keptParts(building, plans, build);
  for (let round = 0; ; round += 1) {
    const changes = await changesOf(building, [...done.values()]);
    const left = plans.filter((plan) => isBehind(building, plan, done.get(plan.part), changes));
    if (round === 0) progress?.planned({ labels: labels.rows, parts: plans.length, kept: plans.length - left.length });
    if (left.length === 0) {
      const parts = plans.flatMap(({ part }) => done.get(part) ?? []);
      return { parts, commits: newestOf(building, parts, changes) };
    }
    if (round === ROUNDS_MAX) throw keepsChanging(building);
    // A part that is alone uses both processors, too.
    const sessions = left.length === 1 ? PARTS_AT_ONCE : 1;
    await eachOf(left, PARTS_AT_ONCE, signal, async (plan, stop) => {
      const facts = await buildPart({ ...building, signal: stop }, plan, sessions);
      await recordPart(database, build, by, { part: plan.part, commits: facts.commits, result: facts });
      done.set(plan.part, facts);
      progress?.part(facts);
    });
  }
}

async function keptParts({ database, target, signal }: Building, plans: readonly PartPlan[], build: number) {
  const kept = new Map<number, PartFacts>();
  for (const { part, result } of await recordedParts<PartFacts>(database, build)) {
    const isThere = (await target.bytesOf(result.file, signal)) === result.bytes;
    if (isThere && plans[part]?.file === result.file) kept.set(part, result);
  }
  return kept;
}

/** What the set is called by → changes of the view that one of the parts may be behind. */
type Changes = ReadonlyMap<string, readonly Change[]>;

async function changesOf({ database, dataset, views }: Building, parts: readonly PartFacts[]): Promise<Changes> {
  const found = new Map<string, readonly Change[]>();
  if (parts.length === 0) return found;
  for (const view of views) {
    const oldest = Math.min(...parts.map(({ commits }) => commits[view.as] ?? 0));
    found.set(view.as, await changesFor(database, view, spanOf(dataset), oldest));
  }
  return found;
}

function isBehind({ views }: Building, { span }: PartPlan, facts: PartFacts | undefined, changes: Changes): boolean {
  if (facts === undefined) return true;
  if (span === null) return false;
  return views.some((view) => hasChanged(view, span, facts.commits[view.as] ?? null, changes.get(view.as) ?? []));
}

function newestOf({ views }: Building, parts: readonly PartFacts[], changes: Changes): Parts['commits'] {
  return Object.fromEntries(
    views.map(({ as }) => {
      const ids = [...parts.map(({ commits }) => commits[as] ?? 0), ...(changes.get(as) ?? []).map(({ id }) => id)];
      const newest = ids.reduce((most, id) => Math.max(most, id), 0);
      return [as, newest === 0 ? null : newest];
    }),
  );
}

function keepsChanging({ dataset: { name } }: Building): Failure {
  return new Failure(
    'CHECK_FAILED',
    text`The views of ${safe(name)} keep changing between the start and end of the set, so its parts would not match: when no backfill or restatement of these views is running, run the command again to resume the build.`,
    { dataset: name },
  );
}
