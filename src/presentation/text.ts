// A piece of text with what it means to whoever looks at it: a terminal and a page each show that in their own way.

import { type Message, textOf } from '../core/message.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
export type Styled = { readonly style: Style; readonly text: string | Message };
/** A message says which of its words are commands. */
export type Text = string | Message | Styled;

/** What is told of one thing, line by line: a name of at most twelve characters, and its value. */
export type Fact = readonly [name: string, value: Text];

export function plainText(given: Text): string {
  if (typeof given === 'string') return given;
  return 'style' in given ? plainText(given.text) : textOf(given);
}

export function isStyled(given: Text): given is Styled {
  return typeof given === 'object' && 'style' in given;
}
