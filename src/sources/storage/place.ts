// The location of files for the URL of a source.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { SourceOptions } from '../source.ts';
import { azureStore } from './azure-files.ts';
import type { FileLocation } from './file-location.ts';
import { httpStore } from './http-files.ts';
import { localFiles } from './local-files.ts';
import { objectFiles } from './object-files.ts';
import type { ObjectStore } from './object-store.ts';
import { s3Store } from './s3-files.ts';

const STORES = { s3: s3Store, abfss: azureStore };

/** The schemes of object stores. HTTP servers are object stores too, but not only. */
export const STORE_SCHEMES = Object.keys(STORES);

/** `file:./lake` is relative to millrace.yaml. @throws Failure DEFINITION_INVALID for an invalid URL. */
export function placeOf(options: SourceOptions): FileLocation {
  const store = storeOf(options);
  return store === null ? localFiles(folderOf(options)) : objectFiles({ ...options, store });
}

/** The object store of a URL; null for a folder of this machine. @throws Failure DEFINITION_INVALID */
export function storeOf(options: SourceOptions): ObjectStore | null {
  const scheme = options.url.split(':', 1)[0]?.toLowerCase() ?? '';
  if (scheme === 'https' || scheme === 'http') return httpStore(options);
  return scheme === 's3' || scheme === 'abfss' ? STORES[scheme](options) : null;
}

/** The folder of a `file:` URL. @throws Failure DEFINITION_INVALID */
export function folderOf({ name, url, projectFolder }: SourceOptions): string {
  const path = url.slice('file:'.length);
  if (!path.startsWith('//')) return resolve(projectFolder, path);
  try {
    return fileURLToPath(url);
  } catch (error) {
    const what = text`Source ${safe(name)}: ${safe(url)} is not a local folder (${wordsOf(error)}); expected file:///folder, with % only in escapes such as %20, or file:./folder, relative to millrace.yaml.`;
    throw new Failure('DEFINITION_INVALID', what, { source: name }, error);
  }
}
