// The states of a backfill.

export type BackfillState = 'running' | 'paused' | 'cancelled' | 'complete' | 'partial';
