// Messages as typed parts. Each part is marked as text or as data, so redaction never guesses from the wording.
//
// Safe by default: a plain string, and anything interpolated into `text` without a mark, is a value. Only the literal text
// of a template, and what `safe` or `command` marks, counts as free of data.

export type MessagePart =
  /** Text, names from the definitions, counts and ids: never data. */
  | { readonly text: string }
  /** May quote data: a row, a file or its name, the message of a server or driver. */
  | { readonly value: string }
  /** A command to type. Quotes only names from the definitions and ids. */
  | { readonly command: string };

export type Message = readonly MessagePart[];

/** The arguments of a template: parts keep their marks, anything else is a value. */
type Given = string | number | bigint | Message;

/** text`${safe(read)} rows … ${value(found)}: run "${command('millrace retry 582')}".` */
export function text(words: TemplateStringsArray, ...given: readonly Given[]): Message {
  const parts = words.flatMap((part, index) => {
    const next = given[index];
    return [{ text: part }, ...(next === undefined ? [] : messageFrom(next))];
  });
  return merged(parts);
}

/** Something that may quote data. */
export function value(shown: string | number | bigint): Message {
  return [{ value: String(shown) }];
}

/** Something that never quotes data: a name or setting from the definitions, a count, an id, a code. */
export function safe(shown: string | number | bigint): Message {
  return [{ text: String(shown) }];
}

/** A command to type, without the quotes around it. */
export function command(line: string): Message {
  return [{ command: line }];
}

/** A plain string is one value. */
export function messageFrom(given: Given): Message {
  return typeof given === 'object' ? given : value(given);
}

/** Messages joined with a separator. */
export function joined(messages: readonly Message[], between: string): Message {
  return merged(messages.flatMap((message, index) => (index === 0 ? message : [{ text: between }, ...message])));
}

/** The message as a plain sentence, with its values. */
export function textOf(message: Message): string {
  return message.map(partText).join('');
}

export function partText(part: MessagePart): string {
  return 'text' in part ? part.text : 'value' in part ? part.value : part.command;
}

/** Replaces a value that is left out. */
export const REDACTED_VALUE = '[redacted]';

/** The message without its values. */
export function redacted(message: Message): Message {
  return merged(message.map((part) => ('value' in part ? { text: REDACTED_VALUE } : part)));
}

/** Its first `characters`, with an ellipsis if it is longer. A command is kept whole or left out. */
export function cut(message: Message, characters: number): Message {
  let free = characters;
  const kept: MessagePart[] = [];
  for (const part of message) {
    const whole = partText(part);
    if (whole.length > free) return merged([...kept, ...beginningOf(part, free), { text: '…' }]);
    kept.push(part);
    free -= whole.length;
  }
  return merged(kept);
}

function beginningOf(part: MessagePart, characters: number): Message {
  if ('command' in part) return [];
  const beginning = partText(part).slice(0, characters).toWellFormed();
  return ['text' in part ? { text: beginning } : { value: beginning }];
}

/** Without its final period, to be continued in another sentence. */
export function withoutPeriod(message: Message): Message {
  const last = message.at(-1);
  if (last === undefined || 'command' in last) return message;
  const shown = partText(last).replace(/\.$/, '');
  return merged([...message.slice(0, -1), 'text' in last ? { text: shown } : { value: shown }]);
}

/** Joins adjacent parts of one kind and drops empty ones. */
function merged(parts: readonly MessagePart[]): Message {
  const all: MessagePart[] = [];
  for (const part of parts) {
    if (partText(part) === '') continue;
    const last = all.at(-1);
    const both = last === undefined ? null : together(last, part);
    if (both === null) all.push(part);
    else all[all.length - 1] = both;
  }
  return all;
}

function together(one: MessagePart, other: MessagePart): MessagePart | null {
  if ('text' in one && 'text' in other) return { text: one.text + other.text };
  return 'value' in one && 'value' in other ? { value: one.value + other.value } : null;
}
