// Messages as typed parts. A part says whether it may quote data, so that redaction never has to guess from the words.
//
// Safe by default: a plain string, and whatever is interpolated into `text` without a mark, is a value. Only the literal words
// of a template, and what `safe` or `command` marks, are certainly ours.

export type MessagePart =
  /** Words, names of definitions, counts and ids of ours: never data. */
  | { readonly text: string }
  /** What may quote data: a row, a file and its name, a server's or driver's words. */
  | { readonly value: string }
  /** A command that a person can type. Quotes only names and ids of ours. */
  | { readonly command: string };

export type Message = readonly MessagePart[];

/** What a template takes: parts keep their marks, anything else is a value. */
type Given = string | number | bigint | Message;

/** text`Of ${safe(read)} rows … ${value(found)}: run "${command('millrace retry 582')}".` */
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

/** Something that never quotes data: a name or setting of the definitions, a count, an id of ours, a code. */
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

/** Messages one after another, with words of ours between them. */
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

/** Stands for a value that is left out. */
export const REDACTED_VALUE = '[redacted]';

/** The message without its values. */
export function redacted(message: Message): Message {
  return merged(message.map((part) => ('value' in part ? { text: REDACTED_VALUE } : part)));
}

/** Its first `characters`, with an ellipsis where that is not all. A command is kept whole or left out. */
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

/** Without a period at its end, to go on in another sentence. */
export function withoutPeriod(message: Message): Message {
  const last = message.at(-1);
  if (last === undefined || 'command' in last) return message;
  const shown = partText(last).replace(/\.$/, '');
  return merged([...message.slice(0, -1), 'text' in last ? { text: shown } : { value: shown }]);
}

/** Neighbours of one kind become one part, and empty ones none. */
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
