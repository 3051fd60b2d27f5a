// What a scheduler and a command say about older definitions than those deployed.

import { formatInstant } from '../core/instant.ts';
import { command, type Message, safe, text } from '../core/message.ts';
import type { EarlierDeployment, StartOutcome } from '../state/views/deploy.ts';

export function outdatedSentence({ generation, newest }: Extract<StartOutcome, { kind: 'outdated' }>): Message {
  const own =
    generation === null ? 'definitions that were never deployed' : `the definitions of generation ${generation}`;
  return text`This process has ${safe(own)}, but generation ${safe(newest.generation)} was deployed at ${safe(formatInstant(newest.at))}. It schedules the jobs of generation ${safe(newest.generation)}, and does not deploy its own definitions. To deploy them anyway, run "${command('millrace apply')}" in this project.`;
}

/** Why a command does not deploy the files of its project. */
export function outdatedFilesSentence({ generation, newest }: EarlierDeployment): Message {
  return text`The files of this project match generation ${safe(generation)}, but generation ${safe(newest.generation)} was deployed at ${safe(formatInstant(newest.at))}, so nothing was changed. Use the files of generation ${safe(newest.generation)}. To return to generation ${safe(generation)}, run "${command('millrace apply')}" first.`;
}
