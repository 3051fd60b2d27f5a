// Keeps the visible page up to date: fetches it again and patches the differences.
//
// Controls have an id that names their action, and so do their rows: Idiomorph keeps such elements with their focus, or
// removes them, but never turns one button into another.

import { Idiomorph } from '/assets/idiomorph.js';

const EVERY_MS = 5_000;
const EVERY_MS_MAX = 60_000;
const ANSWER_MS_MAX = 20_000;

const main = document.getElementById('main');
const updates = document.getElementById('updates');
let failures = 0;
let timer = 0;
let newest = new AbortController();

/** Starts an update and aborts a running one, so that an older response never replaces a newer one. */
function update() {
  clearTimeout(timer);
  newest.abort();
  newest = new AbortController();
  // A page that becomes visible again restarts it.
  if (!document.hidden) look(newest.signal);
}

async function look(overtaken) {
  const sentence = whyBusy() ?? (await morph(overtaken));
  if (overtaken.aborted) return;
  say(sentence);
  timer = setTimeout(update, Math.min(EVERY_MS * 2 ** failures, EVERY_MS_MAX));
}

/** The text of the status line: empty if the page is up to date. */
async function morph(overtaken) {
  try {
    const next = await fetchMain(overtaken);
    failures = 0;
    // The user may have started typing in the meantime.
    if (overtaken.aborted || whyBusy() !== null) return whyBusy() ?? '';
    Idiomorph.morph(main, next, { callbacks: { beforeAttributeUpdated } });
    return '';
  } catch (error) {
    if (!overtaken.aborted) failures = Math.min(failures + 1, 10);
    return `This page is out of date: ${error.message}. Retrying.`;
  }
}

async function fetchMain(overtaken) {
  const { ok, status, text } = await fetchText(overtaken);
  if (!ok) throw new Error(`the dashboard returned ${status}`);
  const next = new DOMParser().parseFromString(text, 'text/html').getElementById('main');
  if (next === null) throw new Error('the dashboard returned something other than a page');
  return next;
}

async function fetchText(overtaken) {
  const late = new AbortController();
  const patience = setTimeout(() => late.abort(), ANSWER_MS_MAX);
  try {
    const signal = AbortSignal.any([overtaken, late.signal]);
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error', signal });
    return { ok: answer.ok, status: answer.status, text: await answer.text() };
  } catch {
    throw new Error('the dashboard is not responding');
  } finally {
    clearTimeout(patience);
  }
}

/** A page must not change while the user types, chooses or selects. */
function whyBusy() {
  const { activeElement } = document;
  const isWriting = activeElement !== null && ['INPUT', 'SELECT', 'TEXTAREA'].includes(activeElement.tagName);
  if (isWriting) return 'Updates are paused while you edit a field.';
  return String(getSelection()) === '' ? null : 'Updates are paused while text is selected.';
}

/** Keeps details open that the user opened. */
function beforeAttributeUpdated(name, element) {
  return !(name === 'open' && element.tagName === 'DETAILS');
}

function say(sentence) {
  if (updates.textContent !== sentence) updates.textContent = sentence;
}

/** Shows a notice once: a reload does not repeat it. */
function forgetNotice() {
  const here = new URL(location.href);
  if (!here.searchParams.has('notice')) return;
  here.searchParams.delete('notice');
  history.replaceState(null, '', here);
}

forgetNotice();
timer = setTimeout(update, EVERY_MS);
document.addEventListener('visibilitychange', () => {
  failures = 0;
  update();
});
