// Buckets of S3 and compatible stores, through the AWS SDK. Its retries are off: they do not cover the body of a response, and
// that is what fails most.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { GetObjectCommandOutput, S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { reopenable } from '../../core/reopenable.ts';
import type { SourceOptions } from '../source.ts';
import { crc32Of } from './digest.ts';
import type { ListedFile } from './file-location.ts';
import {
  type Checksum,
  newMarks,
  type ObjectBody,
  type ObjectStore,
  UnexpectedAnswer,
  withoutFirst,
} from './object-store.ts';
import { OtherVersion, s3Problem } from './s3-trouble.ts';
import { storeUrl } from './store-url.ts';

const PARAMETERS = ['region', 'endpoint', 'profile', 'request_payer', 'anonymous'];
const EXAMPLE = 's3://bucket/folder?region=eu-central-1';

/** The bucket of a URL such as `s3://bucket/folder`. @throws Failure DEFINITION_INVALID for an invalid URL. */
export function s3Store(options: SourceOptions): ObjectStore {
  const { host: bucket, folder, parameters, label } = storeUrl(options, { parameters: PARAMETERS, example: EXAMPLE });
  if (bucket.includes('@')) {
    const what = 'a bucket URL cannot contain credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    throw new Failure('DEFINITION_INVALID', text`Source ${safe(options.name)} (${safe(label)}): ${safe(what)}.`, {
      source: options.name,
    });
  }
  requireKnownValues(options, label, parameters);
  const payer = parameters.has('request_payer') ? ({ RequestPayer: 'requester' } as const) : {};
  const opened = reopenable(() => openS3(options, parameters));
  const s3 = opened.current;
  const isInFiles = options.renewed !== undefined;
  const profile = accountConfig(options, parameters).profile ?? null;
  const place = { bucket, profile, credentials: isInFiles ? 'in files' : 'fixed' } as const;
  const troubleOf = (error: unknown) => {
    const trouble = s3Problem(error, place);
    // The next attempt opens it again, with the current credentials.
    if (trouble.kind === 'expired' || (trouble.kind === 'denied' && isInFiles)) opened.forget();
    return trouble;
  };
  return {
    label,
    narrowing: 'prefix',
    async *list({ prefix, depth }, signal) {
      const { client, ListObjectsV2Command } = await s3();
      const requireNew = newMarks();
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: folder + prefix,
            ...payer,
            // XML cannot represent all names.
            EncodingType: 'url',
            ...(depth === 'folder' ? { Delimiter: '/' } : {}),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          { abortSignal: signal },
        );
        // Without this check, an unrelated response, such as a page of a proxy, would be an empty listing.
        if (page.Name === undefined)
          throw new UnexpectedAnswer('the response is not an S3 listing; check the URL, its endpoint and any proxy');
        const keyOf = page.EncodingType === 'url' ? decodedKey : unchanged;
        yield (page.Contents ?? []).flatMap((object) => listedFile(object, folder, keyOf));
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
        if (page.IsTruncated === true && !token)
          throw new UnexpectedAnswer('its listing is incomplete and has no continuation token');
        requireNew(token);
      } while (token !== undefined);
    },
    async read(file, offset, signal) {
      const { client, GetObjectCommand } = await s3();
      const answer = await client.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: folder + file.name,
          IfMatch: etagOf(file),
          ChecksumMode: 'ENABLED',
          ...payer,
          ...(offset === 0 ? {} : { Range: `bytes=${offset}-` }),
        }),
        { abortSignal: signal },
      );
      return bodyOf(answer, file, offset);
    },
    async write(name, path, signal) {
      const { client, PutObjectCommand } = await s3();
      const { size } = await stat(path);
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: folder + name,
          Body: createReadStream(path),
          ContentLength: size,
          ...payer,
          // The store refuses other bytes than these.
          ChecksumCRC32: await crc32Of(path),
        }),
        { abortSignal: signal },
      );
    },
    async remove(name, signal) {
      const { client, DeleteObjectCommand } = await s3();
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: folder + name, ...payer }), {
        abortSignal: signal,
      });
    },
    troubleOf,
    [Symbol.asyncDispose]: async () => (await opened.known())?.client.destroy(),
  };
}

/** The parameters that have only one value. @throws Failure DEFINITION_INVALID for another one, or a contradiction. */
function requireKnownValues({ name }: SourceOptions, label: string, parameters: ReadonlyMap<string, string>): void {
  const invalid = (problem: string) =>
    new Failure('DEFINITION_INVALID', text`Source ${safe(name)} (${safe(label)}): ${safe(problem)}.`, { source: name });
  for (const [parameter, expected] of [
    ['request_payer', 'requester'],
    ['anonymous', 'true'],
  ] as const) {
    if (parameters.has(parameter) && parameters.get(parameter) !== expected) {
      throw invalid(
        `the URL parameter ${parameter} can only be ${expected}; remove it, or write ${parameter}=${expected}`,
      );
    }
  }
  if (!parameters.has('anonymous')) return;
  const other = ['profile', 'request_payer'].find((each) => parameters.has(each));
  if (other !== undefined) throw invalid(`the URL has both anonymous=true and ${other}; remove one of them`);
}

type S3 = Pick<
  typeof import('@aws-sdk/client-s3'),
  'DeleteObjectCommand' | 'GetObjectCommand' | 'ListObjectsV2Command' | 'PutObjectCommand'
> & {
  readonly client: S3Client;
};

async function openS3(options: SourceOptions, parameters: ReadonlyMap<string, string>): Promise<S3> {
  // Loaded on first use, because it takes longer to load than all of Millrace.
  const { S3Client, ...commands } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    ...placeConfig(options, parameters),
    ...accountConfig({ ...options, ...(await options.renewed?.()) }, parameters),
    maxAttempts: 1,
    followRegionRedirects: true,
    requestHandler: { connectionTimeout: options.connectTimeoutMs },
  });
  return { client, ...commands };
}

function placeConfig({ account = {} }: SourceOptions, parameters: ReadonlyMap<string, string>): S3ClientConfig {
  const endpoint = parameters.get('endpoint');
  const region = parameters.get('region') ?? account['AWS_REGION'] ?? account['AWS_DEFAULT_REGION'];
  return {
    ...(region === undefined ? {} : { region }),
    // Self-hosted servers rarely have a host name per bucket, and have no regions.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true, region: region ?? 'us-east-1' }),
  };
}

const UNSIGNED: S3ClientConfig = {
  credentials: { accessKeyId: 'anonymous', secretAccessKey: 'anonymous' },
  signer: { sign: async (request) => request },
};

function accountConfig({ account = {} }: SourceOptions, parameters: ReadonlyMap<string, string>): S3ClientConfig {
  // Requests are not signed, so credentials of the environment are not sent to a public bucket.
  if (parameters.has('anonymous')) return UNSIGNED;
  const profile = parameters.get('profile');
  if (profile !== undefined) return { profile };
  const accessKeyId = account['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = account['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = account['AWS_SESSION_TOKEN'];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const token = sessionToken === undefined ? {} : { sessionToken };
    return { credentials: { accessKeyId, secretAccessKey, ...token } };
  }
  return account['AWS_PROFILE'] === undefined ? {} : { profile: account['AWS_PROFILE'] };
}

type StoredObject = {
  readonly Key?: string | undefined;
  readonly ETag?: string | undefined;
  readonly Size?: number | undefined;
};

/** Some compatible stores ignore `encoding-type`, and send names as they are. */
const unchanged = (key: string) => key;

function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (error) {
    throw new UnexpectedAnswer(`its listing contains the name ${JSON.stringify(key)}, which is not URL-encoded`, {
      cause: error,
    });
  }
}

function listedFile(
  { Key = '', ETag = '', Size = 0 }: StoredObject,
  folder: string,
  keyOf: (key: string) => string,
): ListedFile[] {
  const name = keyOf(Key).slice(folder.length);
  // A placeholder that consoles create for a folder.
  if (name === '' || name.endsWith('/')) return [];
  const identity = `${ETag} ${Size}`;
  return [{ name, identity, version: identity, bytes: Size }];
}

function etagOf({ identity }: ListedFile): string {
  return identity.slice(0, identity.lastIndexOf(' '));
}

function bodyOf(answer: GetObjectCommandOutput, file: ListedFile, offset: number): ObjectBody {
  const chunks = answer.Body;
  if (!(chunks instanceof Readable)) throw new UnexpectedAnswer('the response has no body');
  if (isOtherVersion(answer, file)) {
    chunks.destroy();
    throw new OtherVersion('the response is another version');
  }
  // Some compatible stores ignore ranges, and send the whole object.
  const from = answer.$metadata.httpStatusCode === 206 ? startOf(answer) : 0;
  if (from !== 0 && from !== offset) {
    chunks.destroy();
    throw new UnexpectedAnswer('the response is another part of the object');
  }
  const checksum = checksumOf(answer);
  const isChecked = [answer.ChecksumCRC32C, answer.ChecksumCRC64NVME].some(isOfWholeObject);
  return {
    chunks: {
      [Symbol.asyncIterator]: () => withoutFirst(chunks, offset - from),
      destroy: (error) => chunks.destroy(error),
    },
    checksum,
    checked: checksum === null && isChecked ? 'whole' : 'nothing',
  };
}

/** The first byte of a part; null if the response does not say. */
function startOf({ ContentRange = '' }: GetObjectCommandOutput): number | null {
  const [, from] = /^bytes (\d+)-/i.exec(ContentRange.trim()) ?? [];
  return from === undefined ? null : Number(from);
}

/** Some compatible stores ignore the condition of a request. */
function isOtherVersion({ ETag }: GetObjectCommandOutput, file: ListedFile): boolean {
  return ETag !== undefined && etagOf(file) !== '' && bareEtag(ETag) !== bareEtag(etagOf(file));
}

/** Gateways that compress a response mark its ETag as weak, and not every listing has the quotes. */
function bareEtag(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}

function checksumOf({ ChecksumCRC32, ChecksumSHA1, ChecksumSHA256 }: GetObjectCommandOutput): Checksum | null {
  if (isOfWholeObject(ChecksumCRC32)) return { algorithm: 'crc32', base64: ChecksumCRC32 };
  if (isOfWholeObject(ChecksumSHA1)) return { algorithm: 'sha1', base64: ChecksumSHA1 };
  return isOfWholeObject(ChecksumSHA256) ? { algorithm: 'sha256', base64: ChecksumSHA256 } : null;
}

/** Objects that were uploaded in parts may have a checksum of checksums: `…-3`. */
function isOfWholeObject(checksum: string | undefined): checksum is string {
  return checksum !== undefined && !/-\d+$/.test(checksum);
}
