// The normal form of a view as YAML, for diffs: keys in a fixed order, without defaults.

import { stringify } from 'yaml';
import { formatDuration } from '../core/duration.ts';
import { epochMsOf, formatInstant } from '../core/instant.ts';
import { writtenDeclared } from './declared/written.ts';
import { isComposite, partNames } from './entity.ts';
import { viewFile } from './files/view-file.ts';
import { parseView } from './parse/parse-view.ts';
import type { Feature, FeatureView } from './view.ts';

type Written = Record<string, unknown>;

/** Keys with different names in files and in the parsed view. */
const NAMES: Readonly<Record<string, string>> = {
  unitMs: 'interval',
  lookbackUnits: 'lookback',
  pattern: 'files',
  windowMs: 'files_window',
  lateMs: 'late_files',
};

/** The YAML of a view. Parsing it gives the same view. */
export function viewText(view: FeatureView): string {
  const usual = usualView(view);
  const { features, files, declared, complete, queried, ...known } = view;
  const rest = { ...known, ...writtenComplete(complete, declared === undefined ? 'partial' : 'complete') };
  const keys =
    declared === undefined
      ? {
          ...withoutUsual(rest, usual),
          ...writtenFeatures(view.name, features),
          ...writtenTables(files, queried, usual),
        }
      : {
          ...withoutUsual(rest, usual),
          ...writtenDeclared(declared, features.map(writtenFeature), writtenFiles(files, usual)),
        };
  const { query, ...others } = written(keys);
  // The query is last, as in most files.
  const whole = query === undefined ? others : { ...others, query };
  return stringify(whole, { lineWidth: 0, blockQuote: 'literal' });
}

/** The view with only its required keys, everything else default. */
function usualView({ name, entity, source, kind, unitMs, files }: FeatureView): FeatureView {
  const interval = kind === 'latest' ? {} : { interval: formatDuration(unitMs), start: '1970-01-01' };
  const tables = Object.fromEntries(
    Object.entries(files ?? {}).map(([table, { pattern }]) => [table, { files: pattern }]),
  );
  const read = files === null ? {} : { tables };
  const usual = parseView(
    viewFile.parse({ name, entity: [...partNames({ entity })], source, kind, ...interval, ...read }),
  );
  // These keys are always written.
  return { ...usual, name: '', entity: '', source: '', unitMs: kind === 'latest' ? usual.unitMs : 0 };
}

/** `usual` is what a view without the key is. */
function writtenComplete(complete: FeatureView['complete'], usual: 'complete' | 'partial'): Written {
  if (complete === undefined) return usual === 'complete' ? { complete: false } : {};
  const { allowEmpty, missingMax, absent } = complete;
  return {
    ...(usual === 'partial' ? { complete: true } : {}),
    ...(allowEmpty === true ? { allowEmpty } : {}),
    ...(absent === undefined ? {} : { absent }),
    // Written, the share has a second meaning.
    ...(missingMax === undefined ? {} : { removed_max: missingMax, removedMax: null }),
  };
}

function withoutUsual(value: object, usual: object): Written {
  const known = new Map(Object.entries(usual));
  const isUsual = (key: string, one: unknown) => JSON.stringify(known.get(key)) === JSON.stringify(one);
  const kept = Object.entries(value).filter(([key, one]) => one !== null && (key === 'kind' || !isUsual(key, one)));
  return inOrder(kept, [...known.keys()]);
}

/** In a fixed order, because the state database does not keep the order of keys. Unknown keys come last, by name. */
function inOrder(entries: [string, unknown][], keys: readonly string[]): Written {
  const place = new Map(keys.map((key, index) => [key, index]));
  const placeOf = ([key]: [string, unknown]) => place.get(key) ?? keys.length;
  return Object.fromEntries(entries.sort((a, b) => placeOf(a) - placeOf(b) || (a[0] < b[0] ? -1 : 1)));
}

function writtenFeatures(view: string, features: readonly Feature[]): Written {
  const [only] = features;
  const isPlain = features.length === 1 && only?.column === 'value' && only.name === view;
  if (!isPlain || only === undefined) return { features: features.map(writtenFeature) };
  const { type, nullable } = only;
  return nullable ? { type, nullable } : { type };
}

function writtenFeature({ name, type, nullable, nullsMax, min, max }: Feature): Written {
  const limits = Object.entries({ nullable: nullable || null, nullsMax, min, max });
  return written({ name, type, ...Object.fromEntries(limits.filter(([, value]) => value !== null)) });
}

/** Tables of files and of other sources. */
function writtenTables(files: FeatureView['files'], queried: FeatureView['queried'], usual: FeatureView): Written {
  if (queried === undefined) return writtenFiles(files, usual);
  const { tables, ...only } = writtenFiles(files, usual);
  const others = Object.entries(queried).map(([name, { source, query, rowsMax }]) => {
    return [name, { source, query, ...(rowsMax === ROWS_MAX ? {} : { rows_max: rowsMax }) }] as const;
  });
  const own = typeof tables === 'object' ? tables : { files: only };
  return { tables: { ...own, ...Object.fromEntries(others) } };
}

/** The default for `rows_max` of a table. */
const ROWS_MAX = 1_000_000;

function writtenFiles(files: FeatureView['files'], usual: FeatureView): Written {
  const tables = Object.entries(files ?? {}).map(([name, table]) => {
    const { csv = {}, request, ...rest } = withoutUsual(table, { ...usual.files?.[name], pattern: '' });
    const keys = { ...rest, ...(typeof csv === 'object' ? csv : {}) };
    return [name, written(typeof request === 'object' ? { ...request, ...withoutFiles(keys) } : keys)] as const;
  });
  const [first] = tables;
  if (first === undefined) return {};
  const isPlain = tables.length === 1 && (first[0] === 'files' || 'path' in first[1]);
  return isPlain ? first[1] : { tables: Object.fromEntries(tables) };
}

/** The keys that pages can have. */
function withoutFiles({ pattern: _pattern, lateMs: _late, onMissing: _missing, ...rest }: Written): Written {
  return rest;
}

function written(value: Written): Written {
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [nameOf(key), textOf(key, one)]));
}

function nameOf(key: string): string {
  return NAMES[key] ?? key.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function textOf(key: string, value: unknown): unknown {
  if (key === 'quote' && value === null) return 'none';
  if (key === 'entity' && typeof value === 'string' && isComposite({ entity: value }))
    return partNames({ entity: value });
  if (typeof value !== 'number') return value;
  if (key.endsWith('Ms')) return formatDuration(value);
  if (key !== 'start' && key !== 'end') return value;
  return formatInstant(epochMsOf(value)).replace('T00:00:00Z', '');
}
