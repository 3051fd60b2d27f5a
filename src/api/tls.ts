// The certificate and the key of api.tls, checked before the server starts: clients see little more than a closed connection.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import path from 'node:path';
import { Failure, messageOf } from '../core/failure.ts';
import { type EpochMs, epochMsOf, formatInstant } from '../core/instant.ts';
import { readTlsFile } from '../core/tls-files.ts';
import type { ApiTls } from '../definition/connections/api-config.ts';

/** The contents of the files. */
export type TlsFiles = { readonly cert: string; readonly key: string; readonly expires: EpochMs };

/** Reads the files, relative to `folder`. @throws Failure ARGUMENT_INVALID naming the file and what is wrong with it */
export async function readTls(folder: string, files: ApiTls, now: EpochMs): Promise<TlsFiles> {
  const cert = await read(folder, files, 'cert');
  const key = await read(folder, files, 'key');
  const certificate = certificateOf(files, cert);
  if (!certificate.checkPrivateKey(keyOf(files, key))) {
    const sentence = `The key in ${files.key} does not belong to the certificate in ${files.cert}: check api.tls in millrace.yaml.`;
    throw new Failure('ARGUMENT_INVALID', sentence, { file: files.key });
  }
  const [from, expires] = [certificate.validFromDate, certificate.validToDate].map((time) => epochMsOf(Number(time)));
  if (from === undefined || expires === undefined) throw new Error('a certificate has no validity');
  if (now < from) throw notValid(files, `is valid only from ${formatInstant(from)}: check the clock of this machine`);
  if (now >= expires) throw notValid(files, `expired on ${formatInstant(expires)}: renew it`);
  return { cert, key, expires };
}

async function read(folder: string, files: ApiTls, name: keyof ApiTls): Promise<string> {
  try {
    return await readTlsFile(path.resolve(folder, files[name]));
  } catch (thrown) {
    const sentence = `The file ${files[name]} (api.tls.${name}) cannot be read (${messageOf(thrown)}): check the path in millrace.yaml.`;
    throw new Failure('ARGUMENT_INVALID', sentence, { file: files[name] }, thrown);
  }
}

function certificateOf({ cert: file }: ApiTls, text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (thrown) {
    const sentence = `The file ${file} (api.tls.cert) contains no certificate: expected PEM text that begins with -----BEGIN CERTIFICATE-----.`;
    throw new Failure('ARGUMENT_INVALID', sentence, { file }, thrown);
  }
}

function keyOf({ key: file }: ApiTls, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (thrown) {
    const isEncrypted = text.includes('ENCRYPTED');
    const sentence = isEncrypted
      ? `The key in ${file} (api.tls.key) has a passphrase, which the API cannot ask for: store it without one, readable only by the API.`
      : `The file ${file} (api.tls.key) contains no private key: expected PEM text that begins with -----BEGIN PRIVATE KEY-----.`;
    throw new Failure('ARGUMENT_INVALID', sentence, { file }, thrown);
  }
}

function notValid({ cert: file }: ApiTls, what: string): Failure {
  return new Failure('ARGUMENT_INVALID', `The certificate in ${file} (api.tls.cert) ${what}.`, { file });
}
