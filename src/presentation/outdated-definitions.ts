// The warning of a scheduler that was started with older definitions than those deployed.

import { formatInstant } from '../core/instant.ts';
import { command, type Message, safe, text } from '../core/message.ts';
import type { StartOutcome } from '../state/views/deploy.ts';

export function outdatedSentence({ generation, newest }: Extract<StartOutcome, { kind: 'outdated' }>): Message {
  const own = generation === null ? 'were never deployed' : `are generation ${generation}`;
  return text`The definitions of this process ${safe(own)}, but generation ${safe(newest.generation)} was deployed at ${safe(formatInstant(newest.at))}. This process schedules the jobs of generation ${safe(newest.generation)}, and does not deploy its own definitions. To deploy them anyway, run "${command('millrace apply')}" in this project.`;
}
