// Keyboard access: pressing Tab from the start of a page to its end.

import type { Page } from 'playwright-core';

export type KeyboardPath = {
  /** All controls, in page order. */
  readonly controls: string[];
  /** The controls that Tab reached, in order. */
  readonly reached: string[];
  /** Reached controls without a visible focus. */
  readonly unseen: string[];
};

// In the page: names of elements, which tests compare. Boxes that scroll are reached as well, where they have to be.
const PREPARE = `
  (() => {
    const controls = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
      .filter((one) => one.checkVisibility() && one.tabIndex >= 0);
    const nameOf = (one) => one.tagName.toLowerCase() + ' ' + (one.getAttribute('aria-label') ?? (one.textContent || one.name)).trim().slice(0, 60);
    window.walk = {
      names: controls.map((one, place) => place + ' ' + nameOf(one)),
      here: () => {
        const one = document.activeElement;
        const place = controls.indexOf(one);
        if (one === document.body || one === null) return null;
        const isScroller = place < 0 && (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight);
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        const { width, height, left, right, top, bottom } = one.getBoundingClientRect();
        const isOnScreen = width > 0 && height > 0 && right > 0 && left < innerWidth && bottom > 0 && top < innerHeight;
        return { name: place + ' ' + nameOf(one), isScroller, isSeen: outlineStyle !== 'none' && outlineWidth !== '0px' && isOnScreen };
      },
    };
    return window.walk.names;
  })()`;

type Here = { readonly name: string; readonly isScroller: boolean; readonly isSeen: boolean } | null;

export async function keyboardPath(page: Page): Promise<KeyboardPath> {
  const controls = (await page.evaluate(PREPARE)) as string[]; // as made above
  const reached: string[] = [];
  const unseen: string[] = [];
  for (let steps = 0; steps < 4 * controls.length + 20; steps += 1) {
    await page.keyboard.press('Tab');
    const here = (await page.evaluate('window.walk.here()')) as Here; // as made above
    // Without the bar of a browser, its end is followed by its beginning.
    if (here === null || here.name === reached[0]) break;
    if (here.isScroller) continue;
    reached.push(here.name);
    if (!here.isSeen) unseen.push(here.name);
  }
  return { controls, reached, unseen };
}
