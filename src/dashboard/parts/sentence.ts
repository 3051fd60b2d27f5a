// What the command line says, on a page: the commands in a message stand out, and those that only show something are links
// to the page that shows it.

import { html } from 'hono/html';
import { type Message, textOf } from '../../core/message.ts';
import { isStyled, type Text } from '../../presentation/text.ts';
import type { Html } from '../context.ts';
import { CHARACTERS_MAX, shownText } from './shown-text.ts';

/** What a command shows → the page that shows it. */
const PAGES: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [/^millrace runs show (\d+)$/, ([, id]) => `/runs/${id}`],
  [/^millrace backfills show (\d+)$/, ([, id]) => `/backfills/${id}`],
  [/^millrace intervals ([a-z][a-z0-9_]*)$/, ([, view]) => `/views/${view}#calendar`],
  [/^millrace status ([a-z][a-z0-9_]*)$/, ([, view]) => `/views/${view}`],
  [/^millrace runs ([a-z][a-z0-9_]*)$/, ([, view]) => `/runs?view=${view}`],
  [/^millrace quarantine ([a-z][a-z0-9_]*) --run (\d+)$/, ([, view, run]) => `/quarantine?view=${view}&run=${run}`],
];

/** Cut like any other text, as a whole. `bytes` is how many all of it has, where only its beginning was read. */
export function messageHtml(message: string | Message, { characters = CHARACTERS_MAX, bytes = 0 } = {}): Html {
  if (typeof message === 'string') return shownText(message, { characters });
  const whole = textOf(message);
  const size = Math.max(bytes, Buffer.byteLength(whole));
  const pieces: Html[] = [];
  let free = characters;
  for (const { isCommand, shown } of piecesOf(message)) {
    // A command that is cut would show something else.
    if (shown.length > free) {
      pieces.push(shownText(isCommand ? '' : shown, { characters: free, bytes: size }));
      return html`${pieces}`;
    }
    pieces.push(isCommand ? commandHtml(shown) : shownText(shown));
    free -= shown.length;
  }
  if (size > Buffer.byteLength(whole)) pieces.push(shownText('', { bytes: size }));
  return html`${pieces}`;
}

type Piece = { readonly isCommand: boolean; readonly shown: string };

/** Words and values next to each other are one piece. */
function piecesOf(message: Message): Piece[] {
  const pieces: Piece[] = [];
  for (const part of message) {
    const isCommand = 'command' in part;
    const shown = textOf([part]);
    const last = pieces.at(-1);
    if (last === undefined || isCommand || last.isCommand) pieces.push({ isCommand, shown });
    else pieces[pieces.length - 1] = { isCommand, shown: last.shown + shown };
  }
  return pieces;
}

function commandHtml(command: string): Html {
  for (const [pattern, pageOf] of PAGES) {
    const found = pattern.exec(command);
    if (found !== null) return html`<a href="${pageOf(found)}"><code>${command}</code></a>`;
  }
  return html`<code>${command}</code>`;
}

/** A text with what it means, as a word never by colour alone: the text itself says it. */
export function toned(given: Text): Html {
  if (!isStyled(given)) return messageHtml(given);
  return html`<span class="tone-${given.style}">${messageHtml(given.text)}</span>`;
}

/** What is told of one thing, line by line. */
export function factList(facts: readonly (readonly [string, Text | Html])[]): Html {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${isText(value) ? toned(value) : value}</dd></div>`)}</dl>`;
}

function isText(value: Text | Html): value is Text {
  return typeof value === 'string' || Array.isArray(value) || (typeof value === 'object' && 'style' in value);
}
