// The rules of a view's query: that there is one, and that it can be repeated for a past interval.

import { parseDuration } from '../../core/duration.ts';
import { parseTemplate, placeholdersOf, type SqlDialect, unknownPlaceholders } from '../query/template.ts';
import { atKey, atValue, type Finding, unusedKeys, type ViewDraft } from './finding.ts';

export function queryFindings(draft: ViewDraft): Finding[] {
  return [...eitherQueryOrColumns(draft), ...placeholderFindings(draft)];
}

function eitherQueryOrColumns(draft: ViewDraft): Finding[] {
  const { written } = draft;
  if (written.has('tables')) {
    const findings = unusedKeys(draft, ['columns'], 'only for a view over `files`; name the columns in the query');
    if (written.has('query') || written.has('columns')) return findings;
    return [atKey(['query'], '`query` is missing; expected SQL over the tables under `tables`')];
  }
  if (!written.has('files')) {
    const findings = unusedKeys(draft, ['columns'], 'only for a view over `files`; name the columns in the query');
    if (written.has('query') || written.has('columns')) return findings;
    return [atKey(['query'], '`query` is missing; expected SQL that yields entity_id, timestamp and the features')];
  }
  if (written.has('query')) return unusedKeys(draft, ['columns'], 'instead of a query, not beside one');
  if (written.has('columns')) return [];
  return [atKey(['query'], '`query` is missing; expected SQL over the table `files`, or `columns`')];
}

function placeholderFindings(draft: ViewDraft): Finding[] {
  const { query } = draft.sound;
  if (query === undefined) return [];
  const readings = dialectsOf(draft).map((dialect) => ({
    unknown: unknownPlaceholders(query, dialect),
    has: placeholdersOf(parseTemplate(query, dialect)),
  }));
  // The kind of database is known only once the environment is; what one of them reads well is not reported.
  const best = readings.toSorted((a, b) => a.unknown.length - b.unknown.length || b.has.size - a.has.size)[0];
  if (best === undefined) return [];
  const unknown = best.unknown.map(({ name, suggestion }) => {
    const hint = suggestion === null ? '; expected {{start}} or {{end}}' : `; did you mean {{${suggestion}}}?`;
    return atValue(['query'], `\`query\`: unknown placeholder {{${name}}}${hint}`);
  });
  return unknown.length > 0 ? unknown : kindFindings(draft, best.has);
}

function kindFindings(draft: ViewDraft, has: ReadonlySet<'start' | 'end'>): Finding[] {
  const { kind } = draft.sound;
  const say = (sentence: string) => [atValue(['query'], `\`query\`: ${sentence}`)];
  if (kind === 'latest' && has.size > 0) {
    return say('a view of kind latest has no intervals, so its query has neither {{start}} nor {{end}}');
  }
  if (kind === 'snapshot' && !has.has('end')) {
    return say(
      'a snapshot needs {{end}}, else it cannot be repeated for a past interval (or did you mean `kind: latest`?)',
    );
  }
  if (kind !== 'events' || has.size === 2 || isTimedByFiles(draft)) return [];
  const absent = (['start', 'end'] as const).filter((name) => !has.has(name)).map((name) => `{{${name}}}`);
  return say(
    `events need {{start}} and {{end}}, else they cannot be repeated for a past interval; ${absent.join(' and ')} ${absent.length === 1 ? 'is' : 'are'} missing`,
  );
}

/** Whether a run reads the files of its own interval and no others: a row of another time is refused like any other. */
function isTimedByFiles({ sound, written }: ViewDraft): boolean {
  if (!written.has('files') && !written.has('tables')) return false;
  const windows = [sound.files_window, ...Object.values(sound.tables ?? {}).map((table) => table.files_window)];
  const interval = parseDuration(sound.interval ?? '');
  return windows.every((window) => window === undefined || parseDuration(window) === interval);
}

function dialectsOf({ written }: ViewDraft): readonly SqlDialect[] {
  return written.has('files') || written.has('tables') ? ['duckdb'] : ['postgres', 'mysql'];
}
