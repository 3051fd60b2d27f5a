// The visible text and the tables of a page.

/** The visible text of a part of a page. */
export function textOf(part: string): string {
  return part
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ (?=[.,:;?”])|(?<=“) /g, '')
    .trim();
}

/** The cells of the rows of the table with this caption, without notes. */
export function rowsOf(body: string, caption: RegExp): string[][] {
  const tables = [
    ...body.matchAll(/<table[^>]*>\s*<caption>([\s\S]*?)<\/caption>[\s\S]*?<tbody[^>]*>([\s\S]*?)<\/tbody>/g),
  ];
  const found = tables.find(([, text = '']) => caption.test(text));
  return [...(found?.[2] ?? '').matchAll(/<tr role="row"(?: id="[^"]*")?>([\s\S]*?)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<(th|td)[^>]*>([\s\S]*?)<\/\1>/g)].map(([, , cell = '']) => textOf(cell)),
  );
}
