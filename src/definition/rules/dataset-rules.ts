// Rules of a training set: about several keys, and about its references.

import { parseDuration } from '../../core/duration.ts';
import { parseInstant } from '../../core/instant.ts';
import { expandedFeatures } from '../declared/parse-declared.ts';
import { entityOf, entityText, isComposite, keyColumns } from '../entity.ts';
import { formatOfPattern, patternProblem } from '../file-pattern.ts';
import type { DatasetFile } from '../files/dataset-file.ts';
import type { ValidKeys } from '../files/shape.ts';
import type { ViewFile } from '../files/view-file.ts';
import { shareOf } from '../parse/share.ts';
import { DATABASE_DIALECTS } from '../query/sql-text.ts';
import { parseTemplate, placeholdersOf } from '../query/template.ts';
import { DEFAULT_SOURCE } from '../view.ts';
import type { Draft } from '../yaml/load-files.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { formatKeyPath, type KeyPath, type Problem } from '../yaml/problem.ts';
import { atKey, atValue, type Finding } from './finding.ts';
import { expectedSource } from './reference-rules.ts';

type DatasetDraft = ValidKeys<DatasetFile>;

/** The findings in one training set, without references. */
export function datasetFindings(dataset: DatasetDraft): Finding[] {
  return [
    ...(dataset.labels === undefined ? [] : labelFindings(dataset.labels)),
    ...timeFindings(dataset),
    ...viewFindings(dataset.views ?? []),
    ...(dataset.split === undefined ? [] : splitFindings(dataset.split)),
  ];
}

const FORMS = 'expected `query` or `files`, with a `source`, or `every` with `entities`';

function labelFindings(labels: DatasetFile['labels']): Finding[] {
  const has = (key: keyof DatasetFile['labels']) => labels[key] !== undefined;
  if (has('every') || has('entities')) {
    const others = (['source', 'query', 'files', 'format', 'types'] as const).filter(has);
    const extra = others.map((key) =>
      atKey(['labels', key], `\`labels.${key}\`: cannot be combined with \`every\`; ${FORMS}`),
    );
    return [...extra, ...stepFindings(labels)];
  }
  if (!has('source') && !has('query') && !has('files')) return [atKey(['labels'], `\`labels\`: ${FORMS}`)];
  if (has('files')) return filesFindings(labels);
  const extra = (['format', 'types'] as const)
    .filter(has)
    .map((key) => atKey(['labels', key], `\`labels.${key}\`: only with \`files\``));
  if (!has('query')) return [...extra, atKey(['labels'], `\`labels.query\` is missing; ${FORMS}`)];
  return [...extra, ...queryFindings(labels.query ?? '')];
}

function stepFindings({ every, entities }: DatasetFile['labels']): Finding[] {
  if (every === undefined)
    return [atKey(['labels'], '`labels.every` is missing; expected the time between labels, such as 1d')];
  if (parseDuration(every) === 0) return [atValue(['labels', 'every'], '`labels.every`: expected more than zero')];
  if (entities !== undefined) return [];
  return [atKey(['labels'], '`labels.entities` is missing; expected the view that provides the entities')];
}

function filesFindings({ files = '', format, types }: DatasetFile['labels']): Finding[] {
  const problem = patternProblem(files);
  if (problem !== null) return [atValue(['labels', 'files'], `\`labels.files\`: ${problem}`)];
  if (/\{/.test(files)) {
    return [
      atValue(
        ['labels', 'files'],
        '`labels.files`: a training set reads all its files together, so the pattern cannot contain a date; use globs such as labels/*.parquet',
      ),
    ];
  }
  const known = format ?? formatOfPattern(files);
  if (known === null)
    return [atKey(['labels'], '`labels.format` is missing; the extension of `files` is not a known format')];
  if (known !== 'parquet' || types === undefined) return [];
  return [atKey(['labels', 'types'], '`labels.types`: only for CSV and JSON; Parquet files have their own types')];
}

function queryFindings(query: string): Finding[] {
  const readings = DATABASE_DIALECTS.map((dialect) => placeholdersOf(parseTemplate(query, dialect)));
  if (readings.some((has) => has.size === 2)) return [];
  const message = 'expected {{start}} and {{end}}, so that the query returns only the labels of the set';
  return [atValue(['labels', 'query'], `\`labels.query\`: ${message}`)];
}

function timeFindings({ start, end }: DatasetDraft): Finding[] {
  if (start === undefined || end === undefined) return [];
  const [from, to] = [parseInstant(start), parseInstant(end)];
  const wrong = (key: 'start' | 'end', found: string) => atValue([key], `\`${key}\`: '${found}' is not a valid date`);
  if (from === null) return [wrong('start', start)];
  if (to === null) return [wrong('end', end)];
  return from < to ? [] : [atValue(['end'], `\`end\`: expected a time after start (${start}), found '${end}'`)];
}

function viewFindings(views: DatasetFile['views']): Finding[] {
  const taken = new Map<string, number>();
  return views.flatMap((written, index) => {
    const {
      view,
      as = view,
      age_max: ageMax,
      features = [],
    } = typeof written === 'string' ? { view: written } : written;
    const findings: Finding[] = features.flatMap((feature, place) => {
      if (features.indexOf(feature) === place) return [];
      const path = ['views', index, 'features', place];
      return [atValue(path, `\`${formatKeyPath(path)}\`: duplicate '${feature}'`)];
    });
    if (ageMax !== undefined && parseDuration(ageMax) === 0) {
      findings.push(atValue(['views', index, 'age_max'], `\`views[${index}].age_max\`: expected more than zero`));
    }
    const first = taken.get(as);
    taken.set(as, first ?? index);
    if (first === undefined) return findings;
    const message = `the columns of views[${first}] also start with '${as}'; set \`as\` for one of them`;
    return [...findings, atValue(['views', index], `\`views[${index}]\`: ${message}`)];
  });
}

function splitFindings({ by: _by, ...shares }: NonNullable<DatasetFile['split']>): Finding[] {
  const sum = Object.values(shares).reduce<number>((total, share) => total + shareOf(share ?? 0), 0);
  if (Math.abs(sum - 1) < 1e-9) return [];
  const found = `${Number((sum * 100).toFixed(6))}%`;
  return [atKey(['split'], `\`split\`: expected shares that add up to 100%, found ${found}`)];
}

function sourceProblems(
  { yaml, sound: { labels } }: Pick<Draft<DatasetFile>, 'yaml' | 'sound'>,
  sources: readonly string[],
): Problem[] {
  const isRead = labels?.query !== undefined || labels?.files !== undefined;
  if (!isRead || sources.includes(labels.source ?? DEFAULT_SOURCE)) return [];
  if (labels.source === undefined) {
    return [yaml.problemAt(['labels'], `\`labels.source\` is missing; ${expectedSource(sources)}`, 'key')];
  }
  const message = `'${labels.source}' is not under \`sources\` in millrace.yaml${didYouMean(labels.source, sources)}`;
  return [yaml.problemAt(['labels', 'source'], `\`labels.source\`: ${message}`)];
}

/** A problem for each unknown source, view or feature in a training set. */
export function unknownInDatasets(
  datasets: readonly Draft<DatasetFile>[],
  views: readonly Draft<ViewFile>[],
  sources: readonly string[] | undefined,
): Problem[] {
  const known = new Map(views.flatMap((draft) => (draft.sound.name === undefined ? [] : [[draft.sound.name, draft]])));
  return datasets.flatMap(({ yaml, sound }) => {
    const problem = (path: KeyPath, message: string) => yaml.problemAt(path, `\`${formatKeyPath(path)}\`: ${message}`);
    const unknownView = (path: KeyPath, name: string) =>
      known.has(name) ? [] : [problem(path, `there is no view '${name}'${didYouMean(name, [...known.keys()])}`)];
    const { entities } = sound.labels ?? {};
    return [
      ...(entities === undefined ? [] : unknownView(['labels', 'entities'], entities)),
      ...(sources === undefined ? [] : sourceProblems({ yaml, sound }, sources)),
      ...(sound.views ?? []).flatMap((written, index) => {
        if (typeof written === 'string') return unknownView(['views', index], written);
        const absent = unknownView(['views', index, 'view'], written.view);
        const wrongKey = keyWrong(written.entity_id, known.get(written.view));
        if (wrongKey !== null) absent.push(problem(['views', index, 'entity_id'], wrongKey));
        const features = featuresOf(known.get(written.view));
        if (absent.length > 0 || features === null) return absent;
        return (written.features ?? []).flatMap((feature, place) => {
          if (features.includes(feature)) return [];
          const message = `view '${written.view}' has no feature '${feature}'${didYouMean(feature, features)}`;
          return [problem(['views', index, 'features', place], message)];
        });
      }),
    ];
  });
}

/** A list has one column for each component of the view's entity. */
function keyWrong(columns: string | readonly string[], draft: Draft<ViewFile> | undefined): string | null {
  const entity = draft?.sound.entity;
  if (typeof columns === 'string' || entity === undefined) return null;
  const view = { entity: entityOf(entity) };
  const { length } = keyColumns(view);
  if (!isComposite(view)) return `expected one column, because the entity of the view is ${view.entity}; found a list`;
  return columns.length === length
    ? null
    : `expected one column for each component of the entity (${entityText(view)}), found ${columns.length}`;
}

/** Null if they are invalid. */
function featuresOf(draft: Draft<ViewFile> | undefined): readonly string[] | null {
  if (draft === undefined || draft.sound.name === undefined) return null;
  const { features } = draft.sound;
  if (features !== undefined) return expandedFeatures(features).map(({ feature }) => feature.name);
  return draft.written.has('features') ? null : [draft.sound.name];
}
