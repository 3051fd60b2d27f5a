// The path of the browser: Chromium from the system, since every npm package of it downloads one.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'Chromium'];
const ALSO = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/Applications/Chromium.app/Contents/MacOS'];

/** @throws Error if there is none */
export function chromiumPath(): string {
  const named = process.env['MILLRACE_TEST_CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...ALSO].filter((folder) => folder !== '');
  const found = folders.flatMap((folder) => PROGRAMS.map((program) => join(folder, program))).find(existsSync);
  if (found === undefined)
    throw new Error('No Chromium was found: run "npm run test:all", which installs it or says what to install.');
  return found;
}
