// Classifies the errors of Azure's SDK, as ends of sentences without secrets.

import { foreignPage, httpProblem, type Trouble, UnexpectedAnswer } from './object-store.ts';

export type AzurePlace = {
  readonly container: string;
  /** Credentials in files may be about to change. */
  readonly credentials: 'in files' | 'fixed';
  /** Whether the credentials have expired by what is known of them: the end of a signature, or status 401 for a token. */
  hasEnded(status: number | null): boolean;
};

/** Classifies an error from the SDK or an UnexpectedAnswer. */
export function azureTrouble(error: unknown, { container, credentials, hasEnded }: AzurePlace): Trouble {
  if (error instanceof UnexpectedAnswer) return { kind: 'busy', what: error.message };
  const { code, status } = facts(error);
  if (code === 'FilesystemNotFound' || code === 'ContainerNotFound') {
    return { kind: 'absent', what: `there is no container ${container}; check the URL` };
  }
  if (code === 'ENOTFOUND')
    return { kind: 'busy', what: 'ENOTFOUND: the host of the account or its endpoint does not exist; check the URL' };
  if (error instanceof Error && /Bearer token authentication is not permitted/.test(error.message)) {
    return { kind: 'denied', what: 'tokens are sent only to https endpoints; set AZURE_STORAGE_CONNECTION_STRING' };
  }
  const object = OBJECT_PROBLEMS[code];
  if (object !== undefined) return { kind: 'denied', what: object };
  if (isPage(error)) return foreignPage(status);
  const isOfStore = status === 401 || STORE_LOGINS.includes(code);
  if (saysEnded(error) || (isOfStore && !SDK_LOGINS.includes(code) && hasEnded(status))) {
    const advice = 'renew AZURE_STORAGE_SAS_TOKEN or the token; files (NAME_FILE) will be read again';
    return { kind: 'expired', what: `${code}; the token has expired; ${advice}` };
  }
  if (credentials === 'in files' && (isOfStore || SDK_LOGINS.includes(code))) {
    return {
      kind: 'expired',
      what: `${code}; the credentials were refused; their files (NAME_FILE) will be read again`,
    };
  }
  const trouble = httpProblem(code, status);
  const isAccount = trouble.kind === 'denied' || /Credential|Authentication/.test(code);
  if (!isAccount) return trouble;
  const advice =
    'credentials come from AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_KEY, AZURE_CLIENT_SECRET, or the managed identity of the machine';
  return { kind: 'denied', what: `${trouble.what}; ${advice}` };
}

/** Errors about one object although the credentials are valid. */
const OBJECT_PROBLEMS: Readonly<Record<string, string>> = {
  BlobArchived: 'it is archived (access tier Archive); move it to another tier, or exclude archived files from `files`',
  BlobUsesCustomerSpecifiedEncryption:
    'it is encrypted with a customer-provided key, which is not supported; store it without one',
};

/** Whether the response is a web page rather than an error from Azure. */
function isPage(error: unknown): boolean {
  const { response } = error as { response?: { headers?: { get(name: string): string | undefined } } }; // of the SDK's RestError
  return /^text\/html/i.test(response?.headers?.get('content-type') ?? '');
}

const STORE_LOGINS: readonly string[] = ['AuthenticationFailed', 'InvalidAuthenticationInfo'];
/** Errors of the SDK when it asks for a token. */
const SDK_LOGINS: readonly string[] = ['AuthenticationError', 'AggregateAuthenticationError'];

/**
 * Whether the response says that a signature or token has expired. Those of Blob Storage do; those of Data Lake Storage have
 * only the code.
 */
function saysEnded(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { details } = error as { details?: { authenticationErrorDetail?: unknown } }; // of the SDK's RestError
  const words = `${error.message} ${String(details?.authenticationErrorDetail ?? '')}`;
  return /not valid in the specified (?:key )?time frame|token (?:is|has) expired/i.test(words);
}

/** The code of an error, and its HTTP status. */
export function facts(error: unknown): { code: string; status: number | null } {
  if (!(error instanceof Error)) return { code: 'unknown error', status: null };
  const { details } = error as { details?: { errorCode?: unknown } }; // of the SDK's RestError
  const codes = [details?.errorCode, 'code' in error ? error.code : null, error.name];
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : null;
  return { code: codes.find((one) => typeof one === 'string') ?? 'unknown error', status };
}
