// Servers that stop responding: a server ends each query at its statement timeout, so a longer wait has no end.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import type { SourceOptions } from './source.ts';

/** How long to wait for the server after its own statement timeout. */
const GRACE_MS = 10_000;

type WatchedSource = { readonly label: string; readonly options: Pick<SourceOptions, 'clock' | 'statementTimeoutMs'> };

/** Waits for the server. If it does not respond in time, `close` must close the connection, so that `work` rejects. */
export async function watched<T>(
  { label, options }: WatchedSource,
  { name }: Pick<FeatureView, 'name'>,
  close: (silence: Failure) => void,
  work: () => Promise<T>,
): Promise<T> {
  const { clock, statementTimeoutMs } = options;
  using _watchdog = clock.after(statementTimeoutMs + GRACE_MS, () => {
    const what = text`View ${safe(name)}: ${safe(label)} stopped responding, so the connection was closed.`;
    close(new Failure('SOURCE_UNAVAILABLE', what, { view: name }));
  });
  return await work();
}
