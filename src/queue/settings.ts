// Timings of the queue. Only tests change them.

export type QueueSettings = {
  /** How long a worker owns a job without renewing its lock; renewed at half. */
  readonly lockMs: number;
  /** How often jobs of dead workers are searched for. */
  readonly stalledMs: number;
  /** How often a job may outlive its worker; the attempts of the run are counted in Postgres. */
  readonly stalledMax: number;
  /** How long one blocking read of an empty queue takes. */
  readonly drainMs: number;
  /** How long one round trip to Redis may take before it fails. */
  readonly deadlineMs: number;
  /** The interval of a standby's tries and of the leader's heartbeats. */
  readonly electMs: number;
  /** After this long without a heartbeat Postgres ends the term; a standby is elected. */
  readonly termMs: number;
  readonly reconcileMs: number;
  /** How often a worker checks whether a source is to be probed; docs/concepts/held-and-paused.md says when it is. */
  readonly probeMs: number;
  /** How long a delivery may be in transit before it counts as lost. */
  readonly deliveryGraceMs: number;
  /**
   * A run that is not claimed for this long, counted from its delivery or the end of its lease, is delivered again
   * although a worker has its job: that worker may hang and still renew the job's lock. Several leases.
   */
  readonly stuckMs: number;
  /** How long after its time a tick may be handled before it counts as missed. */
  readonly tickGraceMs: number;
  readonly safetyMs: number;
  readonly clockSkewMaxMs: number;
  readonly heartbeatMs: number;
  /** A worker that has a free slot but takes nothing for this long while jobs wait is broken. */
  readonly silenceMaxMs: number;
  /** How long disposing waits for running work. */
  readonly graceMs: number;
  readonly tickConcurrency: number;
  readonly completedKept: KeptJobs;
  readonly failedKept: KeptJobs;
  readonly ticksKept: KeptJobs;
  /** The length of BullMQ's event stream, which Millrace does not use. */
  readonly eventsMax: number;
};

export type KeptJobs = { readonly ageSeconds: number; readonly count: number };

const DAY_SECONDS = 86_400;

export const DEFAULT_QUEUE_SETTINGS: QueueSettings = {
  lockMs: 30_000,
  stalledMs: 15_000,
  stalledMax: 3,
  drainMs: 5_000,
  deadlineMs: 10_000,
  electMs: 2_000,
  termMs: 15_000,
  reconcileMs: 60_000,
  probeMs: 20_000,
  deliveryGraceMs: 10_000,
  stuckMs: 90_000,
  tickGraceMs: 30_000,
  safetyMs: 60_000,
  clockSkewMaxMs: 5_000,
  heartbeatMs: 5_000,
  silenceMaxMs: 30_000,
  graceMs: 25_000,
  tickConcurrency: 5,
  completedKept: { ageSeconds: 3 * DAY_SECONDS, count: 5_000 },
  failedKept: { ageSeconds: 14 * DAY_SECONDS, count: 5_000 },
  ticksKept: { ageSeconds: 3 * DAY_SECONDS, count: 200 },
  eventsMax: 1_000,
};
