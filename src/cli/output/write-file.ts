// Files that a command writes where an option says.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure, wordsOf } from '../../core/failure.ts';
import { safe, text, value } from '../../core/message.ts';

/** Writes a file to the path of an option. @throws Failure ARGUMENT_INVALID if it cannot be written. */
export async function writeOutput(option: string, path: string, content: string): Promise<void> {
  try {
    await writeFile(resolve(path), content);
  } catch (error) {
    throw new Failure(
      'ARGUMENT_INVALID',
      text`${safe(option)} ${value(path)} cannot be written: ${wordsOf(error)}. Choose another path.`,
      { argument: option },
      error,
    );
  }
}
