// Classifies the errors of S3's SDK, as ends of sentences without secrets.

import { foreignPage, httpProblem, type Trouble, UnexpectedAnswer } from './object-store.ts';

const WRONG_CLOCK = 'RequestTimeTooSkewed';
/** Errors about credentials, and what to do. */
const REFUSED_CREDENTIALS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'S3 does not know the access key; check AWS_ACCESS_KEY_ID and the endpoint in the URL',
  SignatureDoesNotMatch: 'the secret does not match the access key; check AWS_SECRET_ACCESS_KEY',
  InvalidToken: 'the session token is not valid; check AWS_SESSION_TOKEN',
  [WRONG_CLOCK]: 'the clock of this machine differs too much from that of S3; correct it',
};

/** Expired credentials. */
const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'];

export type S3Place = {
  readonly bucket: string;
  /** The profile that provides credentials; null if there is none. */
  readonly profile: string | null;
  /** Credentials in files may be about to change. */
  readonly credentials: 'in files' | 'fixed';
};

/** A response with another version of an object, although only the listed one was requested. */
export class OtherVersion extends Error {
  override readonly name = 'OtherVersion';
}

/** Classifies an error from the SDK, an UnexpectedAnswer or an OtherVersion. */
export function s3Problem(error: unknown, { bucket, profile, credentials }: S3Place): Trouble {
  if (error instanceof UnexpectedAnswer) return { kind: 'busy', what: error.message };
  if (error instanceof OtherVersion) return { kind: 'changed', what: error.message };
  const { name, status } = facts(error);
  if (EXPIRED.includes(name)) {
    const advice =
      'renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; files (NAME_FILE) will be read again';
    return { kind: 'expired', what: `${name}; the session has expired; ${advice}` };
  }
  const object = objectProblem(error, name);
  if (object !== null) return { kind: 'denied', what: object };
  const refused = REFUSED_CREDENTIALS[name];
  if (refused !== undefined && credentials === 'in files' && name !== WRONG_CLOCK) {
    return { kind: 'expired', what: `${name}; ${refused}; files (NAME_FILE) will be read again` };
  }
  if (refused !== undefined) return { kind: 'denied', what: `${name}; ${refused}` };
  if (name === 'CredentialsProviderError' && credentials === 'in files') {
    return { kind: 'expired', what: `${name}; a credentials file (NAME_FILE) is empty; it will be read again` };
  }
  if (name === 'CredentialsProviderError' && profile !== null) {
    const advice = '~/.aws/config and ~/.aws/credentials have no complete profile of that name';
    return { kind: 'denied', what: `${name}; the profile ${JSON.stringify(profile)} has no credentials: ${advice}` };
  }
  if (name === 'CredentialsProviderError' || name === 'AccessDenied') {
    const advice =
      'credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the role of the machine';
    return { kind: 'denied', what: `${name}; ${advice}` };
  }
  if (name === 'NoSuchBucket') return { kind: 'absent', what: `there is no bucket ${bucket}; check the URL` };
  if (error instanceof Error && /Region is missing/i.test(error.message)) {
    return { kind: 'denied', what: 'the region is unknown; add ?region=… to the URL, or set AWS_REGION' };
  }
  if (status === 301 || name === 'AuthorizationHeaderMalformed') {
    return {
      kind: 'denied',
      what: `${name}; the bucket is in another region; change ?region=… in the URL, or AWS_REGION`,
    };
  }
  if (error instanceof Error && error.message.startsWith('Checksum mismatch'))
    return { kind: 'wrong', what: error.name };
  return isPage(error) ? foreignPage(status) : httpProblem(name, status);
}

/** Why one object cannot be read although the credentials are valid; null for any other error. */
function objectProblem(error: unknown, name: string): string | null {
  const { message, StorageClass: storage } = error as { message?: unknown; StorageClass?: unknown }; // of the SDK's errors
  if (name === 'InvalidObjectState') {
    const where = typeof storage === 'string' ? ` (storage class ${storage})` : '';
    return `it is archived${where}; restore it, or exclude archived files from \`files\``;
  }
  const words = String(message ?? '');
  if (/server.side encryption.*parameters must be provided/is.test(words) || /SSECustomerKey/.test(name)) {
    return 'it is encrypted with a customer-provided key (SSE-C), which is not supported; store it with SSE-S3 or SSE-KMS';
  }
  if (/^KMS\.|^Kms/.test(name) || /\bkms:/i.test(words)) {
    return `${name}; the KMS key of the object cannot be used; allow kms:Decrypt for the account, and check that the key is enabled`;
  }
  return null;
}

/** Whether the response is a web page rather than an error from S3. */
function isPage(error: unknown): boolean {
  const { $response } = error as { $response?: { headers?: Readonly<Record<string, string>> } }; // of the SDK's errors
  return /^text\/html/i.test($response?.headers?.['content-type'] ?? '');
}

function facts(error: unknown): { name: string; status: number | null } {
  if (!(error instanceof Error)) return { name: 'unknown error', status: null };
  const metadata = '$metadata' in error ? error.$metadata : null;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : null;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { name: code, status: typeof status === 'number' && status > 0 ? status : null };
}
