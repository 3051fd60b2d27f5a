// check: staging is whole, and the run as a whole is good enough to be stored.

import { type Profile, profileStaged, shownProfile } from '../../offline/profile.ts';
import { NO_REMOVAL, removedByReplacing } from '../../offline/removals.ts';
import { distinctRows } from '../../offline/replace.ts';
import { countKeys } from '../../offline/staging.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { quarantineRefused } from '../../state/runs/quarantine.ts';
import { endStage, recordFindings, returnToExtract } from '../../state/runs/record-stage.ts';
import type { Run } from '../../state/runs/run.ts';
import { mayHoldRows, redefinedSpans } from '../../state/views/coverage.ts';
import { brokenRule, type RemovalBy } from '../rules.ts';
import type { Stage } from '../stage.ts';
import { isStagingWhole } from '../staging-whole.ts';

export function checkRowsStage(database: Database): Stage {
  return {
    name: 'check',
    perform: async (run) => {
      if (!(await isStagingWhole(database, run))) return returnToExtract(database, run);
      const profile = await profileStaged(database, run.view, run.stagingTable ?? '');
      const removal = await removalBy(database, run);
      const duplicates = run.view.duplicatesMax === undefined ? 0 : await duplicatesOf(database, run);
      const broken = brokenRule(run, profile, removal, duplicates);
      const shown = shownProfile(run.view, profile);
      if (broken === null) return endStage(database, run, 'check', { profile: shown });
      await database.transaction((session) => recordRefusal(session, run, shown));
      throw broken;
    },
  };
}

async function removalBy(database: Database, run: Run): Promise<RemovalBy> {
  const { view, viewId, span, refusedTable: refused, stagingTable } = run;
  if (span === null || !(await mayHoldRows(database, run))) return { ...NO_REMOVAL, withoutKey: 0 };
  const removal = await removedByReplacing(database, {
    view,
    redefined: redefinedSpans(viewId),
    span,
    staging: stagingTable ?? '',
    refused,
  });
  return { ...removal, withoutKey: run.counts.refused - (refused === null ? 0 : await countKeys(database, refused)) };
}

/** The commit counts them for itself: only a view with a limit pays for it twice. */
async function duplicatesOf(database: Database, { counts, stagingTable }: Run): Promise<number> {
  return counts.accepted - (await database.transaction((session) => distinctRows(session, stagingTable ?? '')));
}

async function recordRefusal(session: Session, run: Run, profile: Profile): Promise<void> {
  await recordFindings(session, run, { profile });
  await quarantineRefused(session, run);
}
