// The stages of a run, in order.

/** A run's row names its current or next stage. */
export const STAGES = ['claim', 'extract', 'check', 'commit', 'publish', 'done'] as const;
export type StageName = (typeof STAGES)[number];

/** The stages between claiming a run and closing it. */
export type WorkStage = Exclude<StageName, 'claim' | 'done'>;

/** The first stage with work: at the first attempt, and again if staged rows were lost. */
export const FIRST_WORK = stageAfter('claim');

/** The next stage; the last one is followed by itself. */
export function stageAfter(stage: StageName): StageName {
  return STAGES[STAGES.indexOf(stage) + 1] ?? stage;
}
