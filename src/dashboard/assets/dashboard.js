// Keeps the page that is shown up to date: fetches it again while somebody can see it, and changes what has changed.
//
// What somebody may press has an id that says what it does, and so has its row: Idiomorph keeps these elements, with the
// focus, or takes them away, but never makes a button into another one.

import { Idiomorph } from '/assets/idiomorph.js';

const EVERY_MS = 5_000;
const EVERY_MS_MAX = 60_000;
const ANSWER_MS_MAX = 20_000;

const main = document.getElementById('main');
const updates = document.getElementById('updates');
let failures = 0;
let timer = 0;
let newest = new AbortController();

/** Begins an update; one that is under way ends, so that no older answer comes after a newer one. */
function update() {
  clearTimeout(timer);
  newest.abort();
  newest = new AbortController();
  // Who comes back to the page starts it again.
  if (!document.hidden) look(newest.signal);
}

async function look(overtaken) {
  const sentence = whyBusy() ?? (await morph(overtaken));
  if (overtaken.aborted) return;
  say(sentence);
  timer = setTimeout(update, Math.min(EVERY_MS * 2 ** failures, EVERY_MS_MAX));
}

/** What is to be said of it: nothing where the page is up to date. */
async function morph(overtaken) {
  try {
    const next = await fetchMain(overtaken);
    failures = 0;
    // Somebody may have begun to type in the meantime.
    if (overtaken.aborted || whyBusy() !== null) return whyBusy() ?? '';
    Idiomorph.morph(main, next, { callbacks: { beforeAttributeUpdated } });
    return '';
  } catch (error) {
    if (!overtaken.aborted) failures = Math.min(failures + 1, 10);
    return `What you see is not up to date: ${error.message}. It is tried again.`;
  }
}

async function fetchMain(overtaken) {
  const { ok, status, text } = await fetchText(overtaken);
  if (!ok) throw new Error(`the dashboard answered with ${status}`);
  const next = new DOMParser().parseFromString(text, 'text/html').getElementById('main');
  if (next === null) throw new Error('the dashboard answered with something else');
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
    throw new Error('the dashboard does not answer');
  } finally {
    clearTimeout(patience);
  }
}

/** Somebody is writing, choosing or selecting: a page that changes under their hands is no help. */
function whyBusy() {
  const { activeElement } = document;
  const isWriting = activeElement !== null && ['INPUT', 'SELECT', 'TEXTAREA'].includes(activeElement.tagName);
  if (isWriting) return 'Updates wait while a field of this page is in use.';
  return String(getSelection()) === '' ? null : 'Updates wait while text of this page is selected.';
}

/** What a person has opened stays open. */
function beforeAttributeUpdated(name, element) {
  return !(name === 'open' && element.tagName === 'DETAILS');
}

function say(sentence) {
  if (updates.textContent !== sentence) updates.textContent = sentence;
}

/** What has just been done is told once: who loads the page again has seen it. */
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
