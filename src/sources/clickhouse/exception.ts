// ClickHouse errors, as the text that the server writes: in the response of a rejected query, or into the rows of a query
// that fails after some of them.
//
// https://clickhouse.com/docs/interfaces/http#http_response_codes_caveats

import { trimmedEnd } from '../../core/trimmed-end.ts';

const START = /Code: (\d+)\. DB::(?:\w+)?Exception: /;
const STARTS = /^(?:Code: \d+\. )?DB::(?:\w+)?Exception: /;
/** What newer servers write after the message: its length and the tag of the response's X-ClickHouse-Exception-Tag. */
const TAG_END = /\r?\n\d+ \S+\r?\n__exception__\s*$/;
const VERSION = /\(version [^()]*(?:\([^()]*\)[^()]*)?\)$/;
const TYPE = /\(([A-Z][A-Z0-9_]{2,})\)$/;
/** More than an error that wraps others has endings. */
const ENDINGS_MAX = 20;

/** An error sent by the server. `type` is the name of its code, such as UNKNOWN_TABLE. */
export class ClickhouseException extends Error {
  override readonly name = 'ClickhouseException';
  readonly code: number;
  readonly type: string;

  constructor(code: number, type: string, message: string) {
    super(message);
    this.code = code;
    this.type = type;
  }
}

/** The first error in a string; null if there is none. */
export function exceptionIn(text: string): ClickhouseException | null {
  const start = START.exec(text);
  if (start === null) return null;
  const whole = text.slice(start.index + start[0].length).replace(TAG_END, '');
  const { message, type } = withoutEnding(whole);
  return new ClickhouseException(Number(start[1]), type, message.replace(STARTS, ''));
}

/** Removes `. (UNKNOWN_TABLE) (version 25.3.2.39 (official build))`, also where one error wraps another. */
function withoutEnding(text: string): { readonly message: string; readonly type: string } {
  let message = withoutStops(text);
  let type = '';
  for (let endings = 0; endings < ENDINGS_MAX && message.endsWith(')'); endings += 1) {
    const before = message;
    const found = TYPE.exec(message);
    type ||= found?.[1] ?? '';
    message = withoutStops(found === null ? message.replace(VERSION, '') : message.slice(0, found.index));
    if (message === before) break;
  }
  return { message, type };
}

function withoutStops(text: string): string {
  return trimmedEnd(text, '. \t\r\n');
}

/**
 * The message without the list of tokens that would have been valid, without copies of the query, and without positions in
 * what was sent, which is longer than the query.
 */
export function shortMessage({ message }: ClickhouseException): string {
  const short = message
    .replace(/failed at position \d+ \(([\s\S]*?)\)(?: \(line \d+, col \d+\))?: [\s\S]*$/, 'failed at `$1`')
    .replace(/[.:]? Expected one of: [\s\S]*$/, '')
    .replace(/:? in scope [\s\S]*?(?=\. Maybe you meant|$)/i, '');
  return withoutStops(short);
}

/** The name that a message is about, without its database; '' if there is none. */
export function nameIn({ message }: ClickhouseException): string {
  const quoted = /[`']([^`']+)[`']/.exec(message)?.[1];
  const table = /\bTable (\S+) does(?:n't| not) exist/.exec(message)?.[1];
  return (quoted ?? table ?? '').split('.').at(-1) ?? '';
}

/** The place of a syntax error, in bytes from 1; null if the message names none. */
export function bytePosition({ message }: ClickhouseException): number | null {
  const found = /\bfailed at position (\d+)/.exec(message)?.[1];
  return found === undefined ? null : Number(found);
}
