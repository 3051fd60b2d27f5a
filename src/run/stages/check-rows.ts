// check: staging is complete, and the rows of the run as a whole are good enough to be stored.

import type { Failure } from '../../core/failure.ts';
import { countByUnit, readStaged } from '../../offline/profile.ts';
import { distinctRows } from '../../offline/replace.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import type { Bins, StoredBins } from '../../quality/bins.ts';
import { type Profile, shownProfile } from '../../quality/profile.ts';
import { missingBins, profileOf, type StagedFacts, withChosen } from '../../quality/summarize.ts';
import { binsOfRun, storeBins } from '../../state/quality/profile-bins.ts';
import { quarantineRefused } from '../../state/runs/quarantine.ts';
import { endStage, recordFindings, returnToExtract, type StageResult } from '../../state/runs/record-stage.ts';
import type { Run } from '../../state/runs/run.ts';
import { acceptedBy, brokenCheck, checkOutcomes, evidenceOf } from '../checks.ts';
import { brokenRule } from '../rules.ts';
import type { Stage } from '../stage.ts';
import { isRefusedWhole } from '../staging-whole.ts';

export function checkRowsStage(database: Database): Stage {
  return {
    name: 'check',
    perform: async (run) => {
      const staged = await stagedWhole(database, run);
      if (staged === null) return returnToExtract(database, run);
      const profile = profileWith(run, staged, withChosen(staged.bins, staged.chosen));
      const duplicates = run.view.duplicatesMax === undefined ? 0 : await duplicatesOf(database, run);
      const checks = acceptedBy(run, await checkOutcomes(run, profile, evidenceOf(database, run)));
      // Pushed rows are checked one by one: invalid ones are quarantined, and the others are stored.
      const isPushed = run.view.kind === 'pushed';
      const failure = isPushed ? null : (brokenRule(run, profile, duplicates) ?? brokenCheck(run, checks));
      const recorded =
        staged.chosen.size === 0
          ? profile
          : profileWith(run, staged, await comparableBins(database, run, staged, failure));
      const found = { profile: shownProfile(run.view, recorded), checks };
      if (failure === null) return endStage(database, run, 'check', found);
      await database.transaction((session) => recordRefusal(session, run, found));
      throw failure;
    },
  };
}

type Staged = {
  readonly facts: StagedFacts;
  readonly units: NonNullable<Profile['units']> | null;
  readonly bins: ReadonlyMap<string, StoredBins>;
  /** Bins from these rows, for features without stored ones. */
  readonly chosen: ReadonlyMap<string, Bins>;
};

/** Null where staging does not hold what was put there. */
async function stagedWhole(database: Database, run: Run): Promise<Staged | null> {
  const { view, stagingTable: table, stagedRows: rows } = run;
  if (table === null || rows === null || !(await isRefusedWhole(database, run))) return null;
  const facts = await readStaged(database, view, { table, rows });
  if (facts === null || facts.rows !== rows) return null;
  const bins = await binsOfRun(database, run);
  return { facts, bins, chosen: missingBins(view, facts, bins), units: await unitsOf(database, run, table) };
}

function profileWith({ view }: Run, { facts, units }: Staged, bins: ReadonlyMap<string, StoredBins>): Profile {
  return { ...profileOf(view, facts, bins), ...(units === null ? {} : { units }) };
}

/** Later runs are compared by the bins that are stored, so rows that are not stored choose none. */
async function comparableBins(
  database: Database,
  run: Run,
  { bins, chosen }: Staged,
  failure: Failure | null,
): Promise<ReadonlyMap<string, StoredBins>> {
  return failure === null ? await storeBins(database, run, chosen) : bins;
}

/** Only a view that compares its units pays for counting them. */
async function unitsOf(
  database: Database,
  { view, span }: Run,
  table: string,
): Promise<NonNullable<Profile['units']> | null> {
  const isCompared = view.checks?.some(({ kind }) => kind === 'volume') ?? false;
  if (!isCompared || span === null || span.end - span.start <= view.unitMs) return null;
  return await countByUnit(database, table, view.unitMs);
}

/** The commit counts duplicates as well: only a view with a limit pays for it twice. */
async function duplicatesOf(database: Database, { counts, stagingTable }: Run): Promise<number> {
  return counts.accepted - (await distinctRows(database, stagingTable ?? ''));
}

async function recordRefusal(session: Session, run: Run, found: StageResult): Promise<void> {
  await recordFindings(session, run, found);
  await quarantineRefused(session, run);
}
