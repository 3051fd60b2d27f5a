// All intervals, deadlines and pool sizes of a process. `settingsOf` fills in defaults and checks that they fit together;
// everything else receives its part as an argument. Tests scale these settings and otherwise run the code of production.

import { ALERT_SETTINGS, type AlertSettings } from './alerts/watch.ts';
import { DEFAULT_QUEUE_SETTINGS, type QueueSettings } from './queue/settings.ts';
import { RETRIES, type Retries } from './run/retries.ts';

export type ProcessSettings = {
  /** A worker that does not renew its leases for this long loses its runs. */
  readonly leaseMs: number;
  readonly connectTimeoutMs: number;
  /** How long the state database may take to respond before another connection checks that it is still working. */
  readonly silenceMs: number;
  /** The time limit of one request to the online store. */
  readonly onlineDeadlineMs: number;
  readonly statePoolMax: number;
  /** The time limit of a statement of a page. */
  readonly pageStatementMs: number;
  /** The time limit of a statement of a read over the API. */
  readonly apiStatementMs: number;
  readonly batchRows: number;
};

export type Settings = ProcessSettings & {
  /** How long a run waits, by what it waits for. */
  readonly retries: Retries;
  readonly queue: QueueSettings;
  readonly alerts: AlertSettings;
};

/** Changes to the production settings. */
export type SettingsChanges = Partial<ProcessSettings> & {
  readonly retries?: Partial<Retries>;
  readonly queue?: Partial<QueueSettings>;
  readonly alerts?: Partial<AlertSettings>;
};

const PROCESS: ProcessSettings = {
  leaseMs: 30_000,
  connectTimeoutMs: 10_000,
  silenceMs: 10_000,
  onlineDeadlineMs: 10_000,
  statePoolMax: 12,
  pageStatementMs: 10_000,
  apiStatementMs: 30_000,
  batchRows: 2_048,
};

/** @throws RangeError for an invalid setting: a bug of the caller. */
export function settingsOf({ retries, queue, alerts, ...process }: SettingsChanges = {}): Settings {
  const settings: Settings = {
    ...PROCESS,
    ...process,
    retries: { ...RETRIES, ...retries },
    queue: { ...DEFAULT_QUEUE_SETTINGS, ...queue },
    alerts: { ...ALERT_SETTINGS, ...alerts },
  };
  requireNumbers(settings, '');
  requireLess('queue.electMs', settings.queue.electMs, 'queue.termMs', settings.queue.termMs);
  requireLess('queue.stalledMs', settings.queue.stalledMs, 'queue.stuckMs', settings.queue.stuckMs);
  return settings;
}

function requireNumbers(settings: object, path: string): void {
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'object' && value !== null) requireNumbers(value, `${path}${name}.`);
    else if (typeof value !== 'number' || !(value >= 0)) throw new RangeError(`setting ${path}${name} is ${value}`);
  }
}

/** One interval must be shorter than another. */
function requireLess(name: string, value: number, otherName: string, other: number): void {
  if (value >= other) throw new RangeError(`setting ${name} (${value}) must be less than ${otherName} (${other})`);
}
