// Rules of URLs in millrace.yaml: they have a scheme, valid variables and no secret.

/** A variable as written, for messages. */
export const EXAMPLE = '$' + '{NAME}';
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const SECRET_PARAMETER =
  /^(?:.*(?:passw|secret|token|credential).*|pwd|pass|sig|signature|sas|api_?key|account_?key|access_?key(?:_?id)?)$/i;

/** The names of the variables in a URL, in order. */
export function variablesOf(text: string): string[] {
  return [...text.matchAll(VARIABLE)].map((found) => found[1] ?? '');
}

/** The problem with a URL as written, as a sentence that does not quote it; null if there is none. */
export function urlProblem(text: string): string | null {
  const withoutVariables = text.replace(VARIABLE, '');
  if (withoutVariables.includes('${'))
    return `invalid variable; expected ${EXAMPLE} with letters, digits and _ in the braces`;
  if (/\$[A-Za-z_({]/.test(withoutVariables)) return `expected a variable in braces, such as ${EXAMPLE}`;
  if (holdsSecret(text)) {
    return `contains a password; replace it with ${EXAMPLE}, and set NAME (or NAME_FILE) in the environment`;
  }
  if (/\s/.test(text)) return 'contains a space; expected a URL without spaces';
  const hasScheme = text.startsWith('${') || /^[a-z][a-z0-9+.-]*:./i.test(text);
  return hasScheme ? null : `expected a URL with a scheme, such as postgres://host/database, or ${EXAMPLE}`;
}

/** Whether a password, or a parameter that is usually one, has a literal value. */
function holdsSecret(text: string): boolean {
  const userinfo = /^[a-z0-9+.-]+:\/\/([^?]*)@/i.exec(text)?.[1] ?? '';
  const password = /^[^/:]*:(.*)$/s.exec(userinfo)?.[1] ?? '';
  if (isWrittenOut(password)) return true;
  const parameters = text.slice(text.indexOf('?') + 1).split(/[&;#]/);
  return text.includes('?') && parameters.some((parameter) => isSecretParameter(parameter));
}

function isSecretParameter(parameter: string): boolean {
  const at = parameter.indexOf('=');
  return at !== -1 && SECRET_PARAMETER.test(decoded(parameter.slice(0, at))) && isWrittenOut(parameter.slice(at + 1));
}

function isWrittenOut(secret: string): boolean {
  return secret.replace(VARIABLE, '') !== '';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
