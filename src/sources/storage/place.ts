// The place of files that a source's URL names.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { SourceOptions } from '../source.ts';
import { azureStore } from './azure-files.ts';
import type { FileLocation } from './file-location.ts';
import { localFiles } from './local-files.ts';
import { objectFiles } from './object-files.ts';
import { s3Store } from './s3-files.ts';

const STORES = { s3: s3Store, abfss: azureStore };

/** The schemes of the places that are no folders of this machine. */
export const STORE_SCHEMES = Object.keys(STORES);

/** `file:./lake` starts from the folder of millrace.yaml. @throws Failure DEFINITION_INVALID for a URL that names no place. */
export function placeOf(options: SourceOptions): FileLocation {
  const scheme = options.url.split(':', 1)[0]?.toLowerCase() ?? '';
  if (scheme === 's3' || scheme === 'abfss') return objectFiles({ ...options, store: STORES[scheme](options) });
  return localFiles(folderOf(options));
}

function folderOf({ name, url, projectFolder }: SourceOptions): string {
  const path = url.slice('file:'.length);
  if (!path.startsWith('//')) return resolve(projectFolder, path);
  try {
    return fileURLToPath(url);
  } catch (error) {
    const what = text`Source ${safe(name)}: ${safe(url)} names no folder of this machine (${wordsOf(error)}); expected file:///folder with % only before two hexadecimal digits, or file:./folder, from the folder of millrace.yaml.`;
    throw new Failure('DEFINITION_INVALID', what, { source: name }, error);
  }
}
