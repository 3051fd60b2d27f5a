// A source with a fallback: the same tables on another server, read while the first one is unavailable.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { type Extraction, openReading, type Reading, type Source } from './source.ts';

/** The fallback by its name in millrace.yaml, opened when it is first needed. */
export type Fallback = { readonly name: string; open(): Source };

/**
 * Reads from `first`, or from the fallback if `first` is unavailable. A reading never changes servers: after its first
 * row, a failure ends it. Views with `safe_bound` never use the fallback, whose open transactions are not known.
 *
 * @throws Failure DEFINITION_INVALID for a source of files. The source throws what `first` throws if the fallback is
 * unavailable too.
 */
export function withFallback(name: string, first: Source, fallback: Fallback): Source {
  // Files on two servers would not be recognized as the same files.
  if (first.filesOfUnits !== undefined) {
    const what = text`Source ${safe(name)} has a \`fallback\`, which is only for databases, but reads files: remove \`fallback\`.`;
    throw new Failure('DEFINITION_INVALID', what, { source: name });
  }
  async function open(extraction: Extraction, signal: AbortSignal): Promise<Reading> {
    if (extraction.view.safeBound === true) return await openReading(first, extraction, signal);
    const { source, result } = await firstAvailable((one) => openReading(one, extraction, signal));
    if (source === first) return result;
    const note = `read from source ${fallback.name}, because source ${name} was unavailable`;
    return { ...result, notes: [...(result.notes ?? []), note] };
  }

  async function firstAvailable<Result>(work: (source: Source) => Promise<Result>) {
    try {
      return { source: first, result: await work(first) };
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      try {
        const source = fallback.open();
        return { source, result: await work(source) };
      } catch (second) {
        throw isUnavailable(second) ? error : second;
      }
    }
  }

  return {
    ...(first.mustWait === undefined ? {} : { mustWait: first.mustWait }),
    open,
    async probe(signal) {
      await firstAvailable((source) => source.probe(signal));
    },
    async describe(extraction, signal) {
      return (await firstAvailable((source) => source.describe(extraction, signal))).result;
    },
    async *read(extraction, signal) {
      await using reading = await open(extraction, signal);
      yield* reading.rows();
    },
    [Symbol.asyncDispose]: () => first[Symbol.asyncDispose](),
  };
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Failure && error.code === 'SOURCE_UNAVAILABLE';
}
