// Messages for responses of object stores that are not about credentials.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { placeOf } from '../../../src/sources/storage/place.ts';
import { AZURE_ACCOUNT } from '../../support/object-stores/azure-server.ts';
import { S3_ACCOUNT } from '../../support/object-stores/s3-server.ts';
import { calm } from '../lake/lake-files.ts';
import { failureOf } from '../source-contract.ts';
import { STORES, type StoreWorld } from './places.ts';

/** A server that gives every request the same response. */
async function answering(respond: (response: ServerResponse) => void) {
  const server = createServer((_, response) => respond(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ACCOUNTS: Readonly<Record<string, Record<string, string>>> = { s3: S3_ACCOUNT, azure: AZURE_ACCOUNT };

/** The failure of a reading of a listed object, or of a listing, from a server with one response. */
async function failureFrom(kind: 's3' | 'azure', what: 'list' | 'open', respond: (response: ServerResponse) => void) {
  const openWorld = STORES[kind] as () => Promise<StoreWorld>; // both are there
  await using world = await openWorld();
  await using server = await answering(respond);
  const url = world.options().url.replace(/endpoint=.*$/, `endpoint=${server.origin}`);
  await using place = placeOf(world.options({ url, account: ACCOUNTS[kind] ?? {} }));
  const file = { name: 'a.csv', identity: '"x" 1', version: '"x" 1', bytes: 1 };
  return await failureOf(what === 'list' ? place.list(['*'], calm) : place.open([file], calm));
}

const xml =
  (status: number, code: string, message: string, more = '') =>
  (response: ServerResponse) =>
    response
      .writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code })
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`);

describe('an object', () => {
  test.each([
    [
      's3',
      xml(
        403,
        'InvalidObjectState',
        'The operation is not valid for the storage class',
        '<StorageClass>GLACIER</StorageClass>',
      ),
      'it is archived (storage class GLACIER); restore it, or exclude archived files from `files`',
    ],
    [
      's3',
      xml(
        400,
        'InvalidRequest',
        'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
      ),
      'it is encrypted with a customer-provided key (SSE-C), which is not supported; store it with SSE-S3 or SSE-KMS',
    ],
    [
      's3',
      xml(403, 'AccessDenied', 'User: x is not authorized to perform: kms:Decrypt on the resource'),
      'AccessDenied; the KMS key of the object cannot be used; allow kms:Decrypt for the account, and check that the key is enabled',
    ],
    [
      'azure',
      xml(409, 'BlobArchived', 'This operation is not permitted on an archived blob.'),
      'it is archived (access tier Archive); move it to another tier, or exclude archived files from `files`',
    ],
    [
      'azure',
      xml(409, 'BlobUsesCustomerSpecifiedEncryption', 'The blob is encrypted with customer specified encryption.'),
      'it is encrypted with a customer-provided key, which is not supported; store it without one',
    ],
  ] as const)('of %s that cannot be read is refused with the reason', async (kind, respond, reason) => {
    const { code, message } = await failureFrom(kind, 'open', respond);
    expect([code, message]).toEqual(['SOURCE_DENIED', expect.stringMatching(/^a\.csv in \S+ cannot be read: /)]);
    expect(message).toContain(`cannot be read: ${reason}.`);
  });
});

describe('a web page instead of a response of the store', () => {
  const page = (status: number) => (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html><body>Blocked by the proxy</body></html>');

  test.each(['s3', 'azure'] as const)('of %s is named as such', async (kind) => {
    for (const status of [403, 407]) {
      const { code, message } = await failureFrom(kind, 'list', page(status));
      expect([code, message]).toEqual([
        'SOURCE_DENIED',
        expect.stringContaining(
          `cannot be listed: the response is a web page with HTTP status ${status}, probably from a proxy; check the endpoint`,
        ),
      ]);
    }
  });
});
