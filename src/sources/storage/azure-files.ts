// Containers of Azure Data Lake Storage (and of Azure Blob Storage, which has the same API), through Azure's SDK. Its retries
// are off: transfers are resumed in the same way for every store.

import { Readable } from 'node:stream';
import type { DataLakeFileSystemClient, FileReadResponse, StoragePipelineOptions } from '@azure/storage-file-datalake';
import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { reopenable } from '../../core/reopenable.ts';
import { trimmedEnd } from '../../core/trimmed-end.ts';
import type { SourceOptions } from '../source.ts';
import { azureTrouble, facts } from './azure-trouble.ts';
import type { ListedFile } from './file-location.ts';
import { newMarks, type ObjectBody, type ObjectStore, UnexpectedAnswer } from './object-store.ts';
import { storeUrl } from './store-url.ts';

const EXAMPLE = 'abfss://container@account.dfs.core.windows.net/folder';
const NODE_MIN = 22;
/** A signature may have ended by the clock of the store, although not by ours. */
const SKEW_MS = 300_000;

/** The container of a URL such as EXAMPLE. @throws Failure DEFINITION_INVALID for an invalid URL. */
export function azureStore(options: SourceOptions): ObjectStore {
  const { host, folder, parameters, label } = storeUrl(options, { parameters: ['endpoint'], example: EXAMPLE });
  const [, container, account] = /^([a-z0-9$][a-z0-9-]*)@(([a-z0-9]+)(?:\.[a-z0-9.-]+)?)$/i.exec(host) ?? [];
  if (container === undefined || account === undefined) {
    const what = text`Source ${safe(options.name)} (${safe(label)}): the URL has no container and account; expected a URL such as ${safe(EXAMPLE)}.`;
    throw new Failure('DEFINITION_INVALID', what, { source: options.name });
  }
  const place = { container, host: account, endpoint: parameters.get('endpoint') ?? null };
  let used: Credentials = { kind: 'key' };
  const opened = reopenable(async () => {
    const { client, credentials } = await openFileSystem(options, place);
    used = credentials;
    return client;
  });
  const fileSystem = opened.current;
  const hasEnded = (status: number | null) =>
    used.kind === 'signature' ? used.endsAt <= options.clock.now() + SKEW_MS : used.kind === 'token' && status === 401;
  const isInFiles = options.renewed !== undefined;
  return {
    label,
    narrowing: 'folder',
    async *list({ prefix, depth }, signal) {
      const path = (folder + prefix).replace(/\/$/, '');
      const pages = (await fileSystem())
        .listPaths({ ...(path === '' ? {} : { path }), recursive: depth === 'all', abortSignal: signal })
        .byPage();
      const requireNew = newMarks();
      try {
        for await (const {
          pathItems = [],
          continuation,
          _response: { parsedBody },
        } of pages) {
          // Without this check, an unrelated response, such as a page of a proxy, would be an empty listing.
          if (!Array.isArray(parsedBody?.paths))
            throw new UnexpectedAnswer(
              'the response is not a Data Lake Storage listing; check the URL, its endpoint and any proxy',
            );
          requireNew(continuation);
          yield pathItems.flatMap((item) => listedFile(item, folder));
        }
      } catch (error) {
        // A missing folder has no files.
        if (facts(error).code !== 'PathNotFound') throw error;
      }
    },
    async read(file, offset, signal) {
      const client = (await fileSystem()).getFileClient(folder + file.name);
      const conditions = { ifMatch: etagOf(file) };
      const answer = await client.read(offset, undefined, { conditions, abortSignal: signal, maxRetryRequests: 0 });
      return bodyOf(answer);
    },
    async write(name, path, signal) {
      // A file is visible from its first byte onward, so it gets its name when it is whole.
      const unfinished = (await fileSystem()).getFileClient(`${folder}${name}.part`);
      await unfinished.uploadFile(path, { abortSignal: signal });
      await unfinished.move(folder + name, { abortSignal: signal });
    },
    async remove(name, signal) {
      await (await fileSystem()).getFileClient(folder + name).deleteIfExists(undefined, { abortSignal: signal });
    },
    troubleOf: (error) => {
      const trouble = azureTrouble(error, { container, credentials: isInFiles ? 'in files' : 'fixed', hasEnded });
      // The next attempt opens it again, with the current credentials.
      if (trouble.kind === 'expired' || (trouble.kind === 'denied' && isInFiles)) opened.forget();
      return trouble;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** What is known of the credentials in use: the end of a signature, in ms since 1970; NaN for none. */
type Credentials = { readonly kind: 'key' | 'token' } | { readonly kind: 'signature'; readonly endsAt: number };

function endOf(sas: string): number {
  return Date.parse(new URLSearchParams(sas.replace(/^\?/, '')).get('se') ?? '');
}

type Place = { readonly container: string; readonly host: string; readonly endpoint: string | null };

type FileSystem = { readonly client: DataLakeFileSystemClient; readonly credentials: Credentials };

async function openFileSystem(options: SourceOptions, place: Place): Promise<FileSystem> {
  if (Number.parseInt(process.versions.node, 10) < NODE_MIN) {
    const what = text`Source ${safe(options.name)} is in Azure, and Azure's SDK needs Node ${safe(NODE_MIN)} or newer; this is Node ${safe(process.versions.node)}.`;
    throw new Failure('SOURCE_DENIED', what, { source: options.name });
  }
  // Loaded on first use, because it takes longer to load than all of Millrace.
  const sdk = await import('@azure/storage-file-datalake');
  const pipeline: StoragePipelineOptions = { retryOptions: { maxTries: 1 } };
  const { account = {} } = { ...options, ...(await options.renewed?.()) };
  const name = place.host.split('.', 1)[0] ?? '';
  const connection = connectionOf(account['AZURE_STORAGE_CONNECTION_STRING'], name);
  const endpoint =
    place.endpoint ?? connection.get('DfsEndpoint') ?? connection.get('BlobEndpoint') ?? `https://${place.host}`;
  const url = `${trimmedEnd(endpoint, '/')}/${place.container}`;
  const key = connection.get('AccountKey') ?? account['AZURE_STORAGE_KEY'];
  const sas = connection.get('SharedAccessSignature') ?? account['AZURE_STORAGE_SAS_TOKEN'];
  if (connection.has('AccountKey') || (key !== undefined && sas === undefined)) {
    const credential = new sdk.StorageSharedKeyCredential(name, key ?? '');
    return { client: new sdk.DataLakeFileSystemClient(url, credential, pipeline), credentials: { kind: 'key' } };
  }
  if (sas !== undefined) {
    const signed = `${url}?${sas.replace(/^\?/, '')}`;
    const client = new sdk.DataLakeFileSystemClient(signed, new sdk.AnonymousCredential(), pipeline);
    return { client, credentials: { kind: 'signature', endsAt: endOf(sas) } };
  }
  const client = new sdk.DataLakeFileSystemClient(url, await tokenCredential(account), pipeline);
  return { client, credentials: { kind: 'token' } };
}

/** The parts of a connection string, if it is for this account. */
function connectionOf(text: string | undefined, account: string): ReadonlyMap<string, string> {
  const pairs = (text ?? '').split(';').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  });
  const connection = new Map(pairs);
  const named = connection.get('AccountName');
  return named === undefined || named === account ? connection : new Map();
}

async function tokenCredential(account: NonNullable<SourceOptions['account']>) {
  const { ClientSecretCredential, DefaultAzureCredential } = await import('@azure/identity');
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client, AZURE_CLIENT_SECRET: secret } = account;
  if (tenant !== undefined && client !== undefined && secret !== undefined) {
    return new ClientSecretCredential(tenant, client, secret);
  }
  return new DefaultAzureCredential();
}

type PathItem = {
  readonly name?: string;
  readonly etag?: string;
  readonly contentLength?: number;
  readonly isDirectory?: boolean;
};

function listedFile(
  { name = '', etag = '', contentLength = 0, isDirectory = false }: PathItem,
  folder: string,
): ListedFile[] {
  if (isDirectory || !name.startsWith(folder)) return [];
  const identity = `${etag} ${contentLength}`;
  return [{ name: name.slice(folder.length), identity, version: identity, bytes: contentLength }];
}

/** Listings return it without the quotes that a condition needs. */
function etagOf({ identity }: ListedFile): string {
  const etag = identity.slice(0, identity.lastIndexOf(' '));
  return etag.startsWith('"') ? etag : `"${etag}"`;
}

function bodyOf(answer: FileReadResponse): ObjectBody {
  const chunks = answer.readableStreamBody;
  if (!(chunks instanceof Readable)) throw new UnexpectedAnswer('the response has no body');
  const md5 = answer.fileContentMD5 ?? answer.contentMD5;
  const checksum =
    md5 === undefined ? null : { algorithm: 'md5' as const, base64: Buffer.from(md5).toString('base64') };
  return { chunks, checksum, checked: 'nothing' };
}
