// Messages on a page: commands stand out, and those that only show something link to the page that shows the same.

import { html } from 'hono/html';
import { type Message, textOf } from '../../core/message.ts';
import { isStyled, type Text } from '../../presentation/text.ts';
import type { Html } from '../context.ts';
import { CHARACTERS_MAX, shownText } from './shown-text.ts';

/** Command → the page that shows the same. */
const PAGES: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [/^millrace runs show (\d+)$/, ([, id]) => `/runs/${id}`],
  [/^millrace backfills show (\d+)$/, ([, id]) => `/backfills/${id}`],
  [/^millrace intervals ([a-z][a-z0-9_]*)$/, ([, view]) => `/views/${view}#calendar`],
  [/^millrace status ([a-z][a-z0-9_]*)$/, ([, view]) => `/views/${view}`],
  [/^millrace runs ([a-z][a-z0-9_]*)$/, ([, view]) => `/runs?view=${view}`],
  [/^millrace quarantine ([a-z][a-z0-9_]*) --run (\d+)$/, ([, view, run]) => `/quarantine?view=${view}&run=${run}`],
];

/** Cut as a whole. `bytes` is the size of all of it, if only the beginning was read. */
export function messageHtml(message: string | Message, { characters = CHARACTERS_MAX, bytes = 0 } = {}): Html {
  if (typeof message === 'string') return shownText(message, { characters });
  const whole = textOf(message);
  const size = Math.max(bytes, Buffer.byteLength(whole));
  const pieces: Html[] = [];
  let free = characters;
  for (const { isCommand, shown } of piecesOf(message)) {
    // Never cut a command: the rest would be another command.
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

/** Joins adjacent words and values into one piece. */
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

/** Text in the color of its meaning; the words state the meaning, too. */
export function toned(given: Text): Html {
  if (!isStyled(given)) return messageHtml(given);
  return html`<span class="tone-${given.style}">${messageHtml(given.text)}</span>`;
}

/** Label and value of each fact. */
export function factList(facts: readonly (readonly [string, Text | Html])[]): Html {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${isText(value) ? toned(value) : value}</dd></div>`)}</dl>`;
}

function isText(value: Text | Html): value is Text {
  return typeof value === 'string' || Array.isArray(value) || (typeof value === 'object' && 'style' in value);
}
