// The stages of a run, in order.

/** A run's row names the stage that is being done, or is next. */
export const STAGES = ['claim', 'extract', 'check', 'commit', 'publish', 'done'] as const;
export type StageName = (typeof STAGES)[number];

/** The stages between claiming a run and closing it. */
export type WorkStage = Exclude<StageName, 'claim' | 'done'>;

/** Where reading begins: at the first attempt, and again where staged rows were lost. */
export const FIRST_WORK = stageAfter('claim');

/** The stage that follows; the last one is followed by itself. */
export function stageAfter(stage: StageName): StageName {
  return STAGES[STAGES.indexOf(stage) + 1] ?? stage;
}
