// The length limit of messages. Logs, alerts and terminals show messages whole, so a long value must not hide the rest.

import { cut, joined, type Message, type MessagePart, partText } from './message.ts';

/** Per line: a list of problems has one problem per line. */
export const MESSAGE_CHARACTERS_MAX = 500;

/** Tried in order: what remains of each long value. */
const VALUE_CHARACTERS = [400, 300, 200, 100, 60, 30];

/** The message with at most 500 characters per line. Long values are cut first, and end with their length. */
export function bounded(message: Message): Message {
  if (lengthOf(message) <= MESSAGE_CHARACTERS_MAX) return message;
  return joined(linesOf(message).map(boundedLine), '\n');
}

/** Line breaks inside a value are data and do not start a line. */
function linesOf(message: Message): Message[] {
  const lines: MessagePart[][] = [[]];
  for (const part of message) {
    const [first = '', ...others] = 'text' in part ? part.text.split('\n') : [''];
    lines.at(-1)?.push('text' in part ? { text: first } : part);
    lines.push(...others.map((text) => [{ text }]));
  }
  return lines;
}

function boundedLine(line: Message): Message {
  let shown = line;
  for (const characters of VALUE_CHARACTERS) {
    if (lengthOf(shown) <= MESSAGE_CHARACTERS_MAX) return shown;
    shown = line.map((part) => ('value' in part ? { value: cutValue(part.value, characters) } : part));
  }
  return lengthOf(shown) <= MESSAGE_CHARACTERS_MAX ? shown : cut(shown, MESSAGE_CHARACTERS_MAX - 1);
}

function lengthOf(message: Message): number {
  return message.reduce((sum, part) => sum + partText(part).length, 0);
}

function cutValue(value: string, characters: number): string {
  const shown = `${value.slice(0, characters).toWellFormed()}… (${value.length.toLocaleString('en')} characters)`;
  return shown.length < value.length ? shown : value;
}
