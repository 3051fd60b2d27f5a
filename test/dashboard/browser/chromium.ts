// Where the browser is: Chromium as systems bring it, since no npm package does without a download.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'Chromium'];
const ALSO = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/Applications/Chromium.app/Contents/MacOS'];

/** @throws Error where there is none */
export function chromiumPath(): string {
  const named = process.env['MILLRACE_TEST_CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...ALSO].filter((folder) => folder !== '');
  const found = folders.flatMap((folder) => PROGRAMS.map((program) => join(folder, program))).find(existsSync);
  if (found === undefined)
    throw new Error('No Chromium was found: "npm run test:all" installs it, or says what to install.');
  return found;
}
