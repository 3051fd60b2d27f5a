// Removes characters from the end of a string.

/**
 * The text without any of these characters at its end. A regular expression such as /0+$/ takes quadratic time for a long run of
 * zeros that is not at the end.
 */
export function trimmedEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
