import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { placeOf } from '../../../src/sources/storage/place.ts';
import { AZURE_ACCOUNT } from '../../support/object-stores/azure-server.ts';
import { S3_ACCOUNT } from '../../support/object-stores/s3-server.ts';
import { calm } from '../lake/lake-files.ts';
import { failureOf } from '../source-contract.ts';
import { STORES, type StoreWorld } from './places.ts';

// The SDKs read settings that they are not given from the environment of the process.
beforeEach(() => {
  for (const name of Object.keys(process.env).filter((each) => /^(AWS|AZURE)_/.test(each))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('HOME', '/nowhere');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** The first who asked a store that was opened with this account. */
async function askedBy(kind: string, account: Record<string, string>, change = (url: string) => url) {
  const openWorld = STORES[kind] as () => Promise<StoreWorld>; // s3 or azure
  await using world = await openWorld();
  world.put('a.csv', 'x');
  const { url } = world.options();
  await using place = placeOf(world.options({ account, url: change(url) }));
  const listed = await place.list(['*'], calm);
  expect(listed.map(({ name }) => name)).toEqual(['a.csv']);
  return world.server.credentials[0];
}

async function refusedTo(kind: string, account: Record<string, string>) {
  const openWorld = STORES[kind] as () => Promise<StoreWorld>; // s3 or azure
  await using world = await openWorld();
  await using place = placeOf(world.options({ account }));
  const { code, message } = await failureOf(place.list(['*'], calm));
  return [code, message];
}

describe('an S3 source', () => {
  test('signs with the key of the environment, for the region of the URL or of the environment', async () => {
    const asked = await askedBy('s3', { ...S3_ACCOUNT, AWS_REGION: 'eu-west-1' });
    expect(asked?.authorization).toContain('Credential=AKIATEST/');
    expect(asked?.authorization).toContain('/eu-west-1/s3/');
    const named = await askedBy('s3', { ...S3_ACCOUNT, AWS_REGION: 'eu-west-1' }, (url) => `${url}&region=us-west-2`);
    expect(named?.authorization).toContain('/us-west-2/s3/');
  });

  test.each([
    ['request_payer=requester', 'isRequesterPays'],
    ['anonymous=true', 'isPublic'],
  ] as const)('lists and reads with %s', async (parameter, kind) => {
    const openWorld = STORES['s3'] as () => Promise<StoreWorld>; // it is there
    await using world = await openWorld();
    world.put('a.csv', 'x');
    world.server[kind] = true;
    const { url } = world.options();
    await using without = placeOf(world.options());
    expect((await failureOf(without.list(['*'], calm))).code).toBe('SOURCE_DENIED');
    await using place = placeOf(world.options({ url: `${url}&${parameter}` }));
    const listed = await place.list(['*'], calm);
    await using readable = await place.open(listed, calm);
    expect(readable.files.map(({ name }) => name)).toEqual(['a.csv']);
  });

  test.each([
    ['request_payer=owner', 'the URL parameter request_payer can only be requester'],
    ['anonymous=yes', 'the URL parameter anonymous can only be true'],
    ['anonymous=true&profile=nightly', 'the URL has both anonymous=true and profile; remove one of them'],
  ])('does not open a URL with %s', async (parameter, problem) => {
    const openWorld = STORES['s3'] as () => Promise<StoreWorld>; // it is there
    await using world = await openWorld();
    const { url } = world.options();
    expect(() => placeOf(world.options({ url: `${url}&${parameter}` }))).toThrow(problem);
  });

  test('names the sources of credentials if there are none', async () => {
    expect(await refusedTo('s3', {})).toEqual([
      'SOURCE_DENIED',
      expect.stringMatching(/lake cannot be listed: CredentialsProviderError; credentials come from AWS_ACCESS_KEY_ID/),
    ]);
  });

  test.each(['URL', 'environment'])('names the profile of the %s that has no credentials', async (where) => {
    const openWorld = STORES['s3'] as () => Promise<StoreWorld>; // it is there
    await using world = await openWorld();
    const account: Record<string, string> = where === 'URL' ? {} : { AWS_PROFILE: 'nightly' };
    const url = `${world.options().url}${where === 'URL' ? '&profile=nightly' : ''}`;
    await using place = placeOf(world.options({ account, url }));
    const { code, message } = await failureOf(place.list(['*'], calm));
    expect([code, message]).toEqual([
      'SOURCE_DENIED',
      's3://lake/lake cannot be listed: CredentialsProviderError; the profile "nightly" has no credentials: ~/.aws/config and ~/.aws/credentials have no complete profile of that name.',
    ]);
  });

  test.each([
    [403, 'InvalidAccessKeyId', 'S3 does not know the access key; check AWS_ACCESS_KEY_ID and the endpoint in the URL'],
    [403, 'SignatureDoesNotMatch', 'the secret does not match the access key; check AWS_SECRET_ACCESS_KEY'],
    [400, 'InvalidToken', 'the session token is not valid; check AWS_SESSION_TOKEN'],
    [403, 'RequestTimeTooSkewed', 'the clock of this machine differs too much from that of S3; correct it'],
  ])('says what to do about HTTP %i %s, once', async (status, code, advice) => {
    const openWorld = STORES['s3'] as () => Promise<StoreWorld>; // it is there
    await using world = await openWorld();
    world.put('a.csv', 'x');
    await using place = placeOf(world.options());
    const listed = await place.list(['*'], calm);
    world.server.refusal = [status, code];
    world.server.requests.length = 0;
    const failures = [await failureOf(place.list(['*'], calm)), await failureOf(place.open(listed, calm))];
    expect(failures.map((failure) => [failure.code, failure.message])).toEqual([
      ['SOURCE_DENIED', `s3://lake/lake cannot be listed: ${code}; ${advice}.`],
      ['SOURCE_DENIED', `a.csv in s3://lake/lake cannot be read: ${code}; ${advice}.`],
    ]);
    expect(world.server.requests).toHaveLength(2);
  });

  test('reads expired credentials again, and fails if the new ones have expired too', async () => {
    const openWorld = STORES['s3'] as () => Promise<StoreWorld>; // it is there
    await using world = await openWorld();
    world.put('a.csv', 'x');
    const ended: [number, string] = [400, 'ExpiredToken'];
    world.server.refusal = ended;
    let renewals = 0;
    const { url } = world.options();
    const renewed = async () => {
      renewals += 1;
      if (renewals === 2) world.server.refusal = null;
      return { url, account: { ...S3_ACCOUNT, AWS_ACCESS_KEY_ID: `AKIA${renewals}` } };
    };
    await using place = placeOf(world.options({ renewed }));

    expect((await place.list(['*'], calm)).map(({ name }) => name)).toEqual(['a.csv']);
    expect(world.server.credentials.at(-1)?.authorization).toContain('Credential=AKIA2/');

    world.server.refusal = ended;
    world.server.requests.length = 0;
    const failure = await failureOf(place.list(['*'], calm));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_CREDENTIALS',
      's3://lake/lake cannot be listed: ExpiredToken; the session has expired; renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; files (NAME_FILE) will be read again.',
    ]);
    expect(world.server.requests).toHaveLength(2);
  });
});

describe.each([
  ['s3', [403, 'InvalidAccessKeyId']],
  ['s3', [403, 'SignatureDoesNotMatch']],
  ['azure', [403, 'AuthenticationFailed']],
  ['azure', [401, 'InvalidAuthenticationInfo']],
] as const)('a source in %s with keys in files, one of which is no longer valid (%j)', (kind, refusal) => {
  test('reads the files again, for the same request and for each later one', async () => {
    const openWorld = STORES[kind] as () => Promise<StoreWorld>; // s3 or azure
    await using world = await openWorld();
    world.put('a.csv', 'x');
    const { url, account = {} } = world.options();
    let [isRotated, renewals] = [false, 0];
    world.server.refusal = refusal;
    const renewed = async () => {
      renewals += 1;
      if (isRotated) world.server.refusal = null;
      return { url, account };
    };
    await using place = placeOf(world.options({ renewed }));
    const failure = await failureOf(place.list(['*'], calm));
    expect([failure.code, renewals]).toEqual(['SOURCE_CREDENTIALS', 2]);
    expect(failure.message).toMatch(/files \(NAME_FILE\) will be read again\.$/);

    isRotated = true;
    expect((await place.list(['*'], calm)).map(({ name }) => name)).toEqual(['a.csv']);
  });
});

describe.each(['s3', 'azure'])('a source in %s with keys in files, without a permission', (kind) => {
  test('fails immediately, and reads the files again for the next request', async () => {
    const openWorld = STORES[kind] as () => Promise<StoreWorld>; // s3 or azure
    await using world = await openWorld();
    const { url, account = {} } = world.options();
    let renewals = 0;
    const renewed = async () => {
      renewals += 1;
      return { url, account };
    };
    await using place = placeOf(world.options({ renewed }));
    world.server.refusal = [403, kind === 's3' ? 'AccessDenied' : 'AuthorizationFailure'];
    expect((await failureOf(place.list(['*'], calm))).code).toBe('SOURCE_DENIED');
    expect(renewals).toBe(1);
    world.server.refusal = null;
    await place.list(['*'], calm);
    expect(renewals).toBe(2);
  });
});

describe('an Azure source', () => {
  const { AZURE_STORAGE_CONNECTION_STRING: connection } = AZURE_ACCOUNT;

  test.each([
    ['the key of a connection string', { AZURE_STORAGE_CONNECTION_STRING: connection }, /^SharedKey millracetest:/],
    ['an account key', { AZURE_STORAGE_KEY: 'a2V5' }, /^SharedKey millracetest:/],
    ['a connection string before a SAS', { ...AZURE_ACCOUNT, AZURE_STORAGE_SAS_TOKEN: 'sig=x' }, /^SharedKey /],
  ])('signs with %s', async (_, account, authorization) => {
    expect((await askedBy('azure', account))?.authorization).toMatch(authorization);
  });

  test('sends a SAS with or without its question mark, and never shows it', async () => {
    for (const sas of ['?sv=1&sig=canary', 'sv=1&sig=canary']) {
      const asked = await askedBy('azure', { AZURE_STORAGE_SAS_TOKEN: sas });
      expect([asked?.authorization, asked?.search]).toEqual(['', expect.stringContaining('sig=canary')]);
    }
    const [, message] = await refusedTo('azure', { AZURE_STORAGE_SAS_TOKEN: 'sv=1' });
    expect(message).not.toContain('sv=1');
  });

  test('ignores a connection string of another account', async () => {
    const other = connection.replace('millracetest', 'another');
    const account = { AZURE_STORAGE_CONNECTION_STRING: other, AZURE_STORAGE_SAS_TOKEN: 'sig=x' };
    expect((await askedBy('azure', account))?.search).toContain('sig=x');
  });

  test('names the sources of credentials if there are none', async () => {
    const [code, message] = await refusedTo('azure', {});
    expect([code, message]).toEqual(['SOURCE_DENIED', expect.stringContaining('AZURE_STORAGE_CONNECTION_STRING')]);
  });
});
