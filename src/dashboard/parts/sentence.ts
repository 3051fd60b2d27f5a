// Sentences of the command line on a page: the commands that they name stand out, and those that only show something are
// links to the page that shows it.

import { html } from 'hono/html';
import type { Fact, Text } from '../../presentation/text.ts';
import type { Html } from '../context.ts';
import { CHARACTERS_MAX, shownText } from './shown-text.ts';

const COMMAND = /millrace(?: (?:--)?[a-zA-Z0-9_](?:[a-zA-Z0-9_:+.-]*[a-zA-Z0-9_])?)+/g;

/** What a command shows → the page that shows it. */
const PAGES: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [/^millrace runs show (\d+)$/, ([, id]) => `/runs/${id}`],
  [/^millrace backfills show (\d+)$/, ([, id]) => `/backfills/${id}`],
  [/^millrace intervals ([a-z][a-z0-9_]*)$/, ([, view]) => `/views/${view}#calendar`],
  [/^millrace status ([a-z][a-z0-9_]*)$/, ([, view]) => `/views/${view}`],
  [/^millrace runs ([a-z][a-z0-9_]*)$/, ([, view]) => `/runs?view=${view}`],
  [/^millrace quarantine ([a-z][a-z0-9_]*) --run (\d+)$/, ([, view, run]) => `/quarantine?view=${view}&run=${run}`],
];

/** Cut like any other text, as a whole. */
export function sentence(text: string): Html {
  const kept = text.slice(0, CHARACTERS_MAX);
  const isCut = kept.length < text.length;
  const parts: Html[] = [];
  let from = 0;
  for (const { 0: command, index } of kept.matchAll(COMMAND)) {
    // It may go on where the text is cut, and would show something else.
    if (isCut && index + command.length === kept.length) break;
    parts.push(shownText(kept.slice(from, index)), commandHtml(command));
    from = index + command.length;
  }
  return html`${parts}${shownText(kept.slice(from), isCut ? { bytes: Buffer.byteLength(text) } : {})}`;
}

function commandHtml(command: string): Html {
  for (const [pattern, pageOf] of PAGES) {
    const found = pattern.exec(command);
    if (found !== null) return html`<a href="${pageOf(found)}"><code>${command}</code></a>`;
  }
  return html`<code>${command}</code>`;
}

/** A text with what it means, as a word never by colour alone: the text itself says it. */
export function toned(text: Text): Html {
  return typeof text === 'string'
    ? sentence(text)
    : html`<span class="tone-${text.style}">${sentence(text.text)}</span>`;
}

/** What is told of one thing, line by line. */
export function factList(facts: readonly (readonly [string, Text | Html])[]): Html {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${isText(value) ? toned(value) : value}</dd></div>`)}</dl>`;
}

function isText(value: Fact[1] | Html): value is Text {
  return typeof value === 'string' || (typeof value === 'object' && 'style' in value);
}
