// A server for the AWS S3 SDK: listings with two objects per page, ranges, conditions, checksums, and injected faults.

import { crc32 } from 'node:zlib';
import {
  type Answering,
  bodyOf,
  type ObjectServer,
  type Refusal,
  sendObject,
  sendPage,
  startObjectServer,
  strikes,
} from './object-server.ts';

export const BUCKET = 'lake';
const PAGE_OBJECTS = 2;

export type S3Server = ObjectServer & {
  /** The URL of a folder of the bucket. */
  url(folder?: string): string;
};

/** Names in listings are URL-encoded, as S3 does if asked; a bucket of this name ignores that, as some stores do. */
export const PLAIN_BUCKET = 'plain';

export const S3_ACCOUNT = { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'canary-s3-secret' };

export async function startS3Server(): Promise<S3Server> {
  const server = await startObjectServer(answer, refuse);
  return Object.assign(server, {
    url: (folder = '') => `s3://${BUCKET}/${folder}?endpoint=${server.origin}`,
  });
}

/** Handles a request; the caller sends a refusal. */
function answer(answering: Answering): Refusal | null {
  const { request, response, url, server } = answering;
  const [, bucket = '', ...rest] = decodeURIComponent(url.pathname).split('/');
  const isSigned = request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 Credential=') === true;
  if (isSigned === server.isPublic) return [403, 'AccessDenied'];
  if (server.isRequesterPays && request.headers['x-amz-request-payer'] !== 'requester') return [403, 'AccessDenied'];
  if (server.isClosed) return [403, 'AccessDenied'];
  if (bucket !== BUCKET && bucket !== PLAIN_BUCKET) return [404, 'NoSuchBucket'];
  const name = rest.join('/');
  if (name === '') return sendListing(answering, bucket);
  if (request.method === 'PUT') {
    void store(answering, name);
    return null;
  }
  if (request.method === 'DELETE') {
    server.objects.delete(name);
    response.writeHead(204).end();
    return null;
  }
  const fault = request.method === 'HEAD' ? null : (server.faults.shift() ?? null);
  if (strikes(server, fault, 'busy')) return [503, 'SlowDown'];
  if (strikes(server, fault, 'replace')) server.put(name, server.replacement(name));
  const object = server.objects.get(name);
  if (object === undefined) return [404, 'NoSuchKey'];
  const etag = `"${object.etag}"`;
  const expected = request.headers['if-match'];
  if (!server.ignoresConditions && expected !== undefined && expected !== etag) return [412, 'PreconditionFailed'];
  const range = server.ranges === 'ignored' ? undefined : request.headers.range;
  const isAsked = request.headers['x-amz-checksum-mode'] === 'ENABLED';
  const headers = (isWhole: boolean) => ({
    etag,
    'accept-ranges': 'bytes',
    ...(isAsked && isWhole ? server.checksumOf(object.body) : {}),
  });
  if (request.method === 'HEAD') {
    response.writeHead(200, { ...headers(true), 'content-length': object.body.length }).end();
  } else if (!sendObject(answering, { name, object, headers, range, fault })) {
    return [416, 'InvalidRange'];
  }
  return null;
}

/** Stores an object if its bytes match the checksum. */
async function store({ request, response, server }: Answering, name: string): Promise<void> {
  const body = await bodyOf(request);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  const isWhole = request.headers['x-amz-checksum-crc32'] === bytes.toString('base64');
  if (isWhole) server.put(name, body);
  response.writeHead(isWhole ? 200 : 400, { etag: '"stored"' }).end();
}

function sendListing(answering: Answering, bucket: string): Refusal | null {
  const { url, server } = answering;
  const fault = server.listingFaults.shift() ?? null;
  if (strikes(server, fault, 'busy')) return [503, 'SlowDown'];
  const asked = url.searchParams;
  const prefix = asked.get('prefix') ?? '';
  const after = asked.get('continuation-token') ?? '';
  const rest = [...server.objects]
    .filter(
      ([name]) =>
        name.startsWith(prefix) && (after === '' || Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0),
    )
    .filter(([name]) => asked.get('delimiter') !== '/' || !name.slice(prefix.length).includes('/'))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const page = rest.slice(0, PAGE_OBJECTS);
  const isLost = fault?.kind === 'lost';
  const isCut = rest.length > page.length || fault?.kind === 'repeat' || isLost;
  const contents = page.map(
    ([name, { body, etag }]) =>
      `<Contents><Key>${bucket === PLAIN_BUCKET ? escaped(name) : urlEncoded(name)}</Key><ETag>&quot;${etag}&quot;</ETag><Size>${body.length}</Size></Contents>`,
  );
  // The first page starts before the first name.
  const mark = fault?.kind === 'repeat' ? after || '0' : (page.at(-1)?.[0] ?? '');
  const next = isCut && !isLost ? `<NextContinuationToken>${escaped(mark)}</NextContinuationToken>` : '';
  const body = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>${bucket}</Name>${bucket === PLAIN_BUCKET ? '' : '<EncodingType>url</EncodingType>'}<KeyCount>${page.length}</KeyCount><IsTruncated>${isCut}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
  sendPage(answering, { body, headers: { 'content-type': 'application/xml' }, fault });
  return null;
}

function urlEncoded(name: string): string {
  return encodeURIComponent(name).replaceAll('%20', '+').replaceAll('%2F', '/');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function refuse({ response, url }: Answering, [status, code]: Refusal): void {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(
      `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code} for canary-s3-secret</Message><Resource>${escaped(url.pathname)}</Resource></Error>`,
    );
}
