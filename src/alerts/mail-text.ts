// A message as an e-mail: plain text with the facts that the JSON message has.

import type { AlertedView, AlertMessage } from '../definition/reference/alert-message.ts';

const SUBJECT_CHARACTERS_MAX = 150;

/** One line. A name or message of a view cannot add headers: it has no control characters or line ends. */
export function mailSubject({ project, status, summary, rule }: AlertMessage): string {
  const severity = rule?.severity === undefined ? '' : ` (${rule.severity})`;
  const line = oneLine(`[${project}] ${status}${severity}: ${summary}`);
  const characters = [...line];
  return characters.length > SUBJECT_CHARACTERS_MAX ? `${characters.slice(0, SUBJECT_CHARACTERS_MAX).join('')}…` : line;
}

export function mailText(message: AlertMessage): string {
  const { summary, total, views, link } = message;
  const rest = total > views.length ? [`and ${(total - views.length).toLocaleString('en-US')} more views`] : [];
  const details = views.length === 0 ? [] : ['', ...views.flatMap((view) => viewLines(view, message)), ...rest];
  const page = link === null ? [] : ['', `Dashboard: ${link}`];
  const lines = [summary, '', ...factLines(message), ...details, ...page];
  return `${lines.map(oneLine).join('\n')}\n`;
}

function factLines({ project, status, at, rule, ended }: AlertMessage): string[] {
  const facts: [string, string | null][] = [
    ['Project', project],
    ['Status', ended === null || ended === 'over' ? status : `${status} (${ended})`],
    ['Condition', rule?.when ?? null],
    ['Severity', rule?.severity ?? null],
    ['Detected', at],
  ];
  return facts.flatMap(([name, fact]) => (fact === null ? [] : [`${name}: ${fact}`]));
}

function viewLines({ name, what, since, until, run, link }: AlertedView, { total }: AlertMessage): string[] {
  const times = until === null ? `since ${since}` : `from ${since} to ${until}`;
  const facts = [times, ...(run === null ? [] : [`run ${run}`]), ...(link === null ? [] : [link])];
  // The summary of one view is what is wrong with it.
  return [`- ${name}: ${facts.join(', ')}`, ...(total === 1 ? [] : [`  ${what}`])];
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trimEnd();
}
