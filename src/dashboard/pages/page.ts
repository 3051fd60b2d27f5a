// The layout of every page: navigation, user, notice, and the page itself in <main>.

import type { Context } from 'hono';
import { html } from 'hono/html';
import type { DashboardEnv, Html, Viewer } from '../context.ts';

export type Page = {
  /** The title of the window, and the heading of pages without one. */
  readonly title: string;
  /** The navigation entry that the page belongs to: `/runs`. */
  readonly path: string;
  readonly main: Html;
};

const NAVIGATION = [
  ['/', 'Views'],
  ['/grid', 'Grid'],
  ['/catalogue', 'Catalogue'],
  ['/runs', 'Runs'],
  ['/entities', 'Entities'],
  ['/backfills', 'Backfills'],
  ['/quarantine', 'Quarantine'],
  ['/audit', 'Audit'],
  ['/queues/', 'Queues'],
] as const;

/** A page as a response; `status` defaults to 200. */
export async function page(
  c: Context<DashboardEnv>,
  shown: Page,
  status: 200 | 400 | 401 | 403 | 404 | 409 | 413 | 429 | 500 | 503 = 200,
): Promise<Response> {
  return c.html(await shell(shown, c.get('viewer') ?? null, c.get('notice') ?? null), status);
}

/**
 * A button with its own form; nothing for viewers, who may not act. The id names the action, so an update never turns
 * one button into another; `place` distinguishes equal actions on one page.
 */
export function actionButton(viewer: Viewer, action: string, label: string, place = ''): Html {
  if (viewer.role !== 'operator') return html``;
  return html`<form method="post" action="${action}" class="action" id="act-${action}${place}"><button type="submit">${label}</button></form>`;
}

type Asked = {
  readonly action: string;
  readonly label: string;
  readonly question: string;
  readonly sure: string;
};

/** A button that asks a question first, without a script; nothing for viewers. */
export function askedButton(viewer: Viewer, { action, label, question, sure }: Asked): Html {
  if (viewer.role !== 'operator') return html``;
  return html`<details class="ask" id="ask-${action}"><summary>${label}</summary><p>${question}</p>${actionButton(viewer, action, sure)}</details>`;
}

function shell({ title, path, main }: Page, viewer: Viewer | null, notice: string | null): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Millrace</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/dashboard.css">
${viewer === null ? '' : html`<script type="module" src="/assets/dashboard.js"></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to the page</a>
<header class="top">
<a class="brand" href="/">Millrace</a>
${viewer === null ? '' : navigation(path)}
<p class="who">${viewer === null ? '' : whoIs(viewer)}</p>
</header>
<p id="updates" class="updates" role="status"></p>
${notice === null ? '' : html`<p class="notice" role="status">${notice}</p>`}
<main id="main" tabindex="-1">${main}</main>
</body>
</html>
`;
}

/** Only for users who are logged in. */
function navigation(path: string): Html {
  return html`<nav aria-label="Pages"><ul>${NAVIGATION.map(([to, label]) => html`<li><a href="${to}"${to === path ? html` aria-current="page"` : ''}>${label}</a></li>`)}</ul></nav>`;
}

function whoIs({ name, role }: Viewer): Html {
  return name === null ? html`${role}` : html`${name} · ${role}`;
}
