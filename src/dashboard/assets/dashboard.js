// Keeps the page that is shown up to date: fetches it again while somebody can see it, and changes what has changed.

import { Idiomorph } from '/assets/idiomorph.js';

const EVERY_MS = 5_000;
const EVERY_MS_MAX = 60_000;

const main = document.getElementById('main');
const updates = document.getElementById('updates');
let failures = 0;
let timer = 0;

async function update() {
  clearTimeout(timer);
  // Who comes back to the page starts it again.
  if (document.hidden) return;
  if (!isBusy()) await morph();
  clearTimeout(timer);
  timer = setTimeout(update, Math.min(EVERY_MS * 2 ** failures, EVERY_MS_MAX));
}

async function morph() {
  try {
    const next = await fetchMain();
    Idiomorph.morph(main, next, { ignoreActiveValue: true, callbacks: { beforeAttributeUpdated } });
    failures = 0;
    say('');
  } catch (error) {
    failures = Math.min(failures + 1, 10);
    say(`What you see is not up to date: ${error.message}. It is tried again.`);
  }
}

async function fetchMain() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' }).catch(() => {
    throw new Error('the dashboard does not answer');
  });
  if (!answer.ok) throw new Error(`the dashboard answered with ${answer.status}`);
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('main');
  if (next === null) throw new Error('the dashboard answered with something else');
  return next;
}

/** Somebody is writing, choosing or selecting: a page that changes under their hands is no help. */
function isBusy() {
  const { activeElement } = document;
  const isWriting = activeElement !== null && ['INPUT', 'SELECT', 'TEXTAREA'].includes(activeElement.tagName);
  return isWriting || String(getSelection()) !== '';
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
  if (!here.searchParams.has('told')) return;
  here.searchParams.delete('told');
  history.replaceState(null, '', here);
}

forgetNotice();
timer = setTimeout(update, EVERY_MS);
document.addEventListener('visibilitychange', () => {
  failures = 0;
  update();
});
