// A message for an incoming webhook of Slack.
//
// Slack reads `&`, `<` and `>` as markup, for example `<!channel>`, which notifies all members; escaped they are text.
// `verbatim` keeps Slack from turning text into links and mentions.

import type { AlertedView, AlertMessage } from '../definition/reference/alert-message.ts';

/** Slack refuses sections of more than 3,000 characters. */
const SECTION_CHARACTERS_MAX = 2_900;
const SUMMARY_CHARACTERS_MAX = 1_000;

const MARKS = { firing: ':rotating_light:', resolved: ':white_check_mark:', test: ':wave:' } as const;
/** For alerts that ended without a check. */
const UNKNOWN_MARK = ':no_bell:';

/** The body of the request, as an object. */
export function slackBody(message: AlertMessage): object {
  const { status, project, rule, summary, views, total, link } = message;
  const severity = rule?.severity === undefined ? '' : ` (${rule.severity})`;
  const title = `${markOf(message)} *${escaped(project)}*${severity}: ${cut(escaped(summary), SUMMARY_CHARACTERS_MAX)}`;
  const details = total > 1 && status === 'firing' ? [section(lines(views))] : [];
  const page = link === null ? [] : [section(`<${encodeURI(link)}|Open the dashboard>`)];
  return { text: title, blocks: [section(title), ...details, ...page] };
}

function markOf({ status, ended }: AlertMessage): string {
  return ended === null || ended === 'over' ? MARKS[status] : UNKNOWN_MARK;
}

function section(text: string): object {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

/** A line per view, as many as fit. */
function lines(views: readonly AlertedView[]): string {
  let text = '';
  for (const { what } of views) {
    const line = `• ${escaped(what)}\n`;
    if (text.length + line.length > SECTION_CHARACTERS_MAX) return `${text}…`;
    text += line;
  }
  return text.trimEnd();
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Never cuts an escaped character. */
function cut(text: string, max: number): string {
  return text.length > max
    ? `${text
        .slice(0, max)
        .replace(/&[a-z]*$/, '')
        .replace(/[\uD800-\uDBFF]$/, '')}…`
    : text;
}
