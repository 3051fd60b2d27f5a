// Rules of a view over the pages of an HTTP API.

import { CSV_ONLY, csvFindings } from '../dialect-rules.ts';
import { atKey, atValue, type Finding, unusedKeys, type ViewDraft } from '../finding.ts';
import type { TableDraft } from './table-draft.ts';

const FILES_ONLY = ['files', 'tables', 'from', 'files_window', 'late_files', 'on_missing', 'on_vanished'] as const;

export function pagesFindings(draft: ViewDraft): Finding[] {
  const { written, sound } = draft;
  const findings = unusedKeys(draft, FILES_ONLY, 'cannot be combined with `path`; it is only for files');
  if (sound.path !== undefined && !/^\/(?!\/)[^\s#]*$/.test(sound.path)) {
    findings.push(atValue(['path'], '`path`: expected a path that starts with / and has no spaces, such as /v1/users'));
  }
  if (sound.format === 'parquet') findings.push(atValue(['format'], '`format`: expected json or csv for an HTTP API'));
  if (!written.has('pages')) {
    findings.push(atKey(['path'], '`pages` is missing; expected the pagination, such as { next: link }'));
  }
  return [...findings, ...followingFindings(draft), ...formatFindings(draft), ...boundsFindings(draft)];
}

/** How the pages follow each other. */
function followingFindings({ sound }: ViewDraft): Finding[] {
  const { pages, format = 'json', records } = sound;
  if (pages === undefined) return [];
  const { next, parameter, offset } = pages;
  if ((next === undefined) === (offset === undefined)) {
    return [atValue(['pages'], '`pages`: expected either `next` or `offset`')];
  }
  if (parameter !== undefined && (next === undefined || next === 'link')) {
    return [
      atKey(
        ['pages', 'parameter'],
        '`pages.parameter`: only for a cursor, where `next` is a path such as $.next_cursor',
      ),
    ];
  }
  if (next === undefined || next === 'link') return [];
  if (format === 'csv')
    return [atValue(['pages', 'next'], '`pages.next`: csv pages have no cursor; use `link` or `offset`')];
  if (records !== undefined) return [];
  return [
    atKey(
      ['pages', 'next'],
      '`pages.next`: with a cursor, the response is an object; set `records` to the path of its rows, such as $.data',
    ),
  ];
}

function formatFindings(draft: ViewDraft): Finding[] {
  const { format = 'json', ...sound } = draft.sound;
  if (format === 'csv') {
    const table: TableDraft = {
      view: draft,
      path: [],
      sound: { types: sound.types, ...sound, files: '' } as TableDraft['sound'],
      written: draft.written,
    };
    return [...csvFindings(table), ...unusedKeys(draft, ['records'], 'only for JSON')];
  }
  return unusedKeys(draft, CSV_ONLY, 'only for CSV');
}

/** All `{{…}}`, in order. */
function placeholdersIn(text: string): string[] {
  const found: string[] = [];
  for (let start = text.indexOf('{{'); start !== -1; ) {
    const end = text.indexOf('}}', start + 2);
    if (end === -1) break;
    found.push(text.slice(start, end + 2));
    start = text.indexOf('{{', end + 2);
  }
  return found;
}

/** Placeholders in the request. */
function boundsFindings({ sound }: ViewDraft): Finding[] {
  const { kind, path = '', parameters = {} } = sound;
  const texts = [
    { at: ['path'], text: path },
    ...Object.entries(parameters).map(([name, text]) => ({ at: ['parameters', name], text })),
  ];
  return texts.flatMap(({ at, text }) => {
    const unknown = placeholdersIn(text).find((written) => written !== '{{start}}' && written !== '{{end}}');
    const key = at.join('.');
    if (unknown !== undefined) {
      return [atValue(at, `\`${key}\`: unknown placeholder ${unknown}; expected {{start}} or {{end}}`)];
    }
    if (kind !== 'latest' || !text.includes('{{')) return [];
    return [atValue(at, `\`${key}\`: a view of kind latest has no intervals, so it cannot use {{start}} or {{end}}`)];
  });
}
