// The options of `apply` that give the meaning of an edit.

import { Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import { command, text } from '../../core/message.ts';
import type { EditMeaning } from '../../state/views/edit.ts';

export type MeaningOptions = {
  readonly restate?: boolean;
  readonly forwardOnly?: boolean;
  readonly equivalent?: boolean;
  readonly from?: EpochMs;
};

/** The chosen meaning; null without one. @throws Failure ARGUMENT_INVALID */
export function meaningOf(view: string | undefined, options: MeaningOptions): EditMeaning | null {
  const chosen: EditMeaning[] = [];
  if (options.restate === true) chosen.push('restate');
  if (options.forwardOnly === true) chosen.push('forward-only');
  if (options.equivalent === true) chosen.push('equivalent');
  const [meaning] = chosen;
  if (options.from !== undefined && meaning !== 'forward-only') {
    throw new Failure(
      'ARGUMENT_INVALID',
      '--from requires --forward-only: it sets the time from which the edit applies.',
    );
  }
  if (meaning === undefined) return null;
  if (chosen.length > 1) {
    throw new Failure('ARGUMENT_INVALID', 'Use only one of --restate, --forward-only and --equivalent.');
  }
  if (view === undefined) {
    throw new Failure(
      'ARGUMENT_INVALID',
      text`Specify the edited view: "${command(`millrace apply VIEW --${meaning}`)}".`,
    );
  }
  return meaning;
}
