// What an error of S3's SDK means for who reads from a bucket: the end of a sentence, without any secret.

import { httpProblem, type Trouble, UnexpectedAnswer } from './object-store.ts';

/** What is wrong with credentials that S3 knows, and what to do. */
const REFUSED_CREDENTIALS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'S3 knows no such access key; look at AWS_ACCESS_KEY_ID, and at the endpoint of the URL',
  SignatureDoesNotMatch: 'the secret does not belong to the access key; look at AWS_SECRET_ACCESS_KEY',
  InvalidToken: 'the session token is no valid one; look at AWS_SESSION_TOKEN',
  RequestTimeTooSkewed: 'the clock of this machine is too far from that of S3; set it',
};

/** Credentials that were right and have ended. */
const ENDED = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'];

export type S3Place = {
  readonly bucket: string;
  /** That is asked for credentials; null where others give them. */
  readonly profile: string | null;
};

/** What an error of the SDK means, or one of ours. */
export function s3Problem(error: unknown, { bucket, profile }: S3Place): Trouble {
  if (error instanceof UnexpectedAnswer) return { kind: 'busy', what: error.message };
  const { name, status } = facts(error);
  if (ENDED.includes(name)) {
    const advice =
      'renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; files (NAME_FILE) are read again';
    return { kind: 'expired', what: `${name}; the session has ended; ${advice}` };
  }
  const refused = REFUSED_CREDENTIALS[name];
  if (refused !== undefined) return { kind: 'denied', what: `${name}; ${refused}` };
  if (name === 'CredentialsProviderError' && profile !== null) {
    const advice =
      'the files of AWS (~/.aws/config and ~/.aws/credentials) have none of that name, or none that is complete';
    return { kind: 'denied', what: `${name}; the profile ${JSON.stringify(profile)} gives no credentials: ${advice}` };
  }
  if (name === 'CredentialsProviderError' || name === 'AccessDenied') {
    const advice =
      'credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the role of the machine';
    return { kind: 'denied', what: `${name}; ${advice}` };
  }
  if (name === 'NoSuchBucket') return { kind: 'absent', what: `there is no bucket ${bucket}; look at the URL` };
  if (error instanceof Error && /Region is missing/i.test(error.message)) {
    return { kind: 'denied', what: 'no region is known; add ?region=… to the URL, or set AWS_REGION' };
  }
  if (status === 301 || name === 'AuthorizationHeaderMalformed') {
    return { kind: 'denied', what: `${name}; the bucket is in another region than the URL or AWS_REGION says` };
  }
  if (error instanceof Error && error.message.startsWith('Checksum mismatch'))
    return { kind: 'wrong', what: error.name };
  return httpProblem(name, status);
}

function facts(error: unknown): { name: string; status: number | null } {
  if (!(error instanceof Error)) return { name: 'unknown error', status: null };
  const metadata = '$metadata' in error ? error.$metadata : null;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : null;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { name: code, status: typeof status === 'number' && status > 0 ? status : null };
}
