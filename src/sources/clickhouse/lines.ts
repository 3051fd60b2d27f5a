// The lines of a response as text, read only when they are asked for.

import type { Readable } from 'node:stream';
import { begunLine, FIELD_CHARACTERS_MAX } from '../../rows/begun-line.ts';

export type Lines = {
  /** The next line if it has arrived already; null if it has not. Faster than `next`. */
  buffered(): string | null;
  /** The next line without its end; null after the last one. Rejects with the error from the stream, after the lines before it. */
  next(): Promise<string | null>;
  /** The text after the last end of a line. */
  unfinished(): string;
};

/** Text that is not UTF-8. `before` is the line up to it. */
export class NotUtf8 extends Error {
  override readonly name = 'NotUtf8';
  readonly before: string;

  constructor(before: string) {
    super('the text is not UTF-8');
    this.before = before;
  }
}

export function linesOf(stream: Readable): Lines {
  const chunks = chunksOf(stream);
  const decoder = strictDecoder();
  const begun = begunLine(FIELD_CHARACTERS_MAX);
  let text = '';
  let from = 0;
  let isCut = false;
  const buffered = () => {
    const end = text.indexOf('\n', from);
    if (end === -1) return null;
    const line = text.slice(from, end);
    from = end + 1;
    return line;
  };
  return {
    buffered,
    async next() {
      for (let line = buffered(); ; line = buffered()) {
        if (line !== null) return line;
        if (isCut) throw new NotUtf8(text.slice(from));
        begun.keep(text.slice(from));
        [text, from] = ['', 0];
        const chunk = await chunks();
        if (chunk === null) {
          text = begun.continued('') ?? '';
          return null;
        }
        const decoded = decoder(chunk);
        text = begun.continued(decoded.text) ?? '';
        isCut = decoded.isCut;
      }
    },
    unfinished: () => text.slice(from),
  };
}

/** Decodes UTF-8, up to the first bytes that are not. */
function strictDecoder(): (chunk: Buffer) => { readonly text: string; readonly isCut: boolean } {
  // A byte order mark at the start of the first value belongs to it.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
  return (chunk) => {
    try {
      return { text: decoder.decode(chunk, { stream: true }), isCut: false };
    } catch {
      const lossy = chunk.toString();
      return { text: lossy.slice(0, lossy.indexOf('\u{fffd}')), isCut: true };
    }
  };
}

/**
 * The next chunk of a stream; null after the last one. Of a stream that failed, the chunks that it had received come first:
 * a server that aborts a response writes the reason just before.
 */
function chunksOf(stream: Readable): () => Promise<Buffer | null> {
  let isEnded = false;
  let failure: { readonly error: unknown } | null = null;
  let wake: () => void = () => undefined;
  const notify = () => wake();
  stream.on('readable', notify);
  stream.on('end', () => {
    isEnded = true;
    notify();
  });
  stream.on('error', (error) => {
    failure ??= { error };
    notify();
  });
  stream.on('close', () => {
    isEnded = true;
    notify();
  });
  return async () => {
    for (;;) {
      const chunk: Buffer | null = stream.read();
      if (chunk !== null) return chunk;
      if (failure !== null) throw failure.error;
      if (isEnded) return null;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
}
