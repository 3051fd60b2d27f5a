// check: staging is whole, and the run as a whole is good enough to be stored.

import { type Profile, profileStaged, shownProfile } from '../../offline/profile.ts';
import { removedByReplacing } from '../../offline/removals.ts';
import { countStaged } from '../../offline/staging.ts';
import type { Database, Session } from '../../postgres/database.ts';
import { mayHoldRows } from '../../state/coverage.ts';
import { quarantineRefused } from '../../state/quarantine.ts';
import { recordStage } from '../../state/record-stage.ts';
import type { Run } from '../../state/run.ts';
import { brokenRule } from '../rules.ts';
import type { Stage } from '../stage.ts';

export function checkRowsStage(database: Database): Stage {
  return {
    name: 'check',
    perform: async (run) => {
      if (!(await isStagingWhole(database, run))) return recordStage(database, run, { stage: 'stage' });
      const profile = await profileStaged(database, run.view, run.stagingTable ?? '');
      const removal = await removalBy(database, run);
      const broken = brokenRule(run, profile, removal);
      const shown = shownProfile(run.view, profile);
      if (broken === null) return recordStage(database, run, { stage: 'commit', profile: shown });
      await database.transaction((session) => recordRefusal(session, run, shown));
      throw broken;
    },
  };
}

/** A crash of the server empties unlogged tables; a missing or shorter one is staged again. */
async function isStagingWhole(database: Database, run: Run): Promise<boolean> {
  if (run.stagingTable === null || (await countStaged(database, run.stagingTable)) !== run.stagedRows) return false;
  return run.refusedTable === null || (await countStaged(database, run.refusedTable)) === run.keptRefusedRows;
}

async function removalBy(database: Database, run: Run): Promise<{ stored: number; removed: number }> {
  if (run.span === null || !(await mayHoldRows(database, run))) return { stored: 0, removed: 0 };
  return removedByReplacing(database, run.view, run.span, run.stagingTable ?? '');
}

async function recordRefusal(session: Session, run: Run, profile: Profile): Promise<void> {
  await recordStage(session, run, { stage: 'check', profile });
  await quarantineRefused(session, run);
}
