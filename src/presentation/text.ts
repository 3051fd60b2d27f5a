// Text with a style. The terminal and the dashboard each render the style in their own way.

import { type Message, textOf } from '../core/message.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
export type Styled = { readonly style: Style; readonly text: string | Message };
/** A message marks its commands and values. */
export type Text = string | Message | Styled;

/** One line about a thing: a name of at most twelve characters, and its value. */
export type Fact = readonly [name: string, value: Text];

export function plainText(given: Text): string {
  if (typeof given === 'string') return given;
  return 'style' in given ? plainText(given.text) : textOf(given);
}

export function isStyled(given: Text): given is Styled {
  return typeof given === 'object' && 'style' in given;
}
