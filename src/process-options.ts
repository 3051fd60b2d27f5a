// What every process is told besides its project.

import type { QueueSettings } from './queue/settings.ts';

export type ProcessOptions = {
  readonly version: string;
  readonly queueSettings?: Partial<QueueSettings>;
};
