// Rules about several files: names are unique, and references exist.

import type { ConfigFile } from '../files/config-file.ts';
import type { JobFile } from '../files/job-file.ts';
import type { ViewFile } from '../files/view-file.ts';
import { DEFAULT_SOURCE } from '../view.ts';
import type { Draft } from '../yaml/load-files.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { formatKeyPath, type KeyPath, type Problem } from '../yaml/problem.ts';
import type { YamlFile } from '../yaml/yaml-file.ts';

/** A problem for each file with the name of an earlier one. */
export function repeatedNames(
  drafts: readonly Pick<Draft<{ name: string }>, 'yaml' | 'sound'>[],
  what: 'view' | 'job' | 'dataset' | 'service',
): Problem[] {
  const files = new Map<string, string>();
  return drafts.flatMap(({ yaml, sound: { name } }) => {
    if (name === undefined) return [];
    const first = files.get(name);
    files.set(name, first ?? yaml.file);
    if (first === undefined) return [];
    return [yaml.problemAt(['name'], `\`name\`: duplicate ${what} '${name}', already defined in ${first}`)];
  });
}

/** A problem for each view with a source that is not in millrace.yaml. */
export function unknownSources(views: readonly Draft<ViewFile>[], sources: readonly string[]): Problem[] {
  const own = views.flatMap(({ yaml, sound: { source, kind }, written }) => {
    if (kind === 'pushed' || sources.includes(source ?? DEFAULT_SOURCE)) return [];
    if (source === undefined) {
      return written.has('source')
        ? []
        : [yaml.problemAt(['source'], `\`source\` is missing; ${expectedSource(sources)}`, 'key')];
    }
    const known = sources.length === 0 ? 'no sources are defined' : `expected one of ${sources.join(', ')}`;
    const hint = didYouMean(source, sources) || `; ${known}`;
    return [yaml.problemAt(['source'], `\`source\`: '${source}' is not under \`sources\` in millrace.yaml${hint}`)];
  });
  return [...own, ...views.flatMap((view) => unknownInTables(view, sources))];
}

/** The sources of tables that queries fill. */
function unknownInTables({ yaml, sound }: Draft<ViewFile>, sources: readonly string[]): Problem[] {
  return Object.entries(sound.tables ?? {}).flatMap(([name, { source }]) => {
    if (source === undefined || sources.includes(source)) return [];
    const hint = didYouMean(source, sources) || `; expected one of ${sources.join(', ')}`;
    const path = ['tables', name, 'source'];
    const what = `\`${path.join('.')}\`: '${source}' is not under \`sources\` in millrace.yaml${hint}`;
    return [yaml.problemAt(path, what)];
  });
}

/** What to write where a source is missing and none is called `default`. */
export function expectedSource(sources: readonly string[]): string {
  const names = sources.length === 0 ? 'the name of a source' : `one of ${sources.join(', ')}`;
  return `expected ${names}, or a source named \`${DEFAULT_SOURCE}\` in millrace.yaml`;
}

/** A problem for each pushed view that a job names: programs push its rows, so there is nothing to schedule. */
export function pushedInJobs(jobs: readonly Draft<JobFile>[], views: readonly Draft<ViewFile>[]): Problem[] {
  const pushed = views.flatMap(({ sound }) => (sound.kind === 'pushed' ? [sound.name] : []));
  return jobs.flatMap(({ yaml, sound }) =>
    (sound.views ?? []).flatMap((word, index) => {
      if (!pushed.includes(word)) return [];
      const wrong = `'${word}' is a pushed view: programs push its rows, so no job can run it`;
      return [yaml.problemAt(['views', index], `\`views[${index}]\`: ${wrong}`)];
    }),
  );
}

/** A problem for each unknown view or tag in a job. */
export function unknownViews(jobs: readonly Draft<JobFile>[], views: readonly Draft<ViewFile>[]): Problem[] {
  return jobs.flatMap(({ yaml, sound }) => unknownWords(yaml, { path: ['views'], words: sound.views ?? [] }, views));
}

/** A problem for each unknown view or tag in a rule of `alerts`. */
export function unknownAlertViews(configs: readonly Draft<ConfigFile>[], views: readonly Draft<ViewFile>[]): Problem[] {
  return configs.flatMap(({ yaml, sound }) =>
    (sound.alerts?.rules ?? []).flatMap((rule, index) =>
      unknownWords(yaml, { path: ['alerts', 'rules', index, 'views'], words: rule.views ?? [] }, views),
    ),
  );
}

/** A problem for each unknown view or tag of a token. */
export function unknownTokenViews(configs: readonly Draft<ConfigFile>[], views: readonly Draft<ViewFile>[]): Problem[] {
  return configs.flatMap(({ yaml, sound }) =>
    Object.entries(sound.api?.tokens ?? {}).flatMap(([name, token]) =>
      unknownWords(yaml, { path: ['api', 'tokens', name, 'views'], words: token.views ?? [] }, views),
    ),
  );
}

/** A problem for each view in a `freshness_missed` rule that has no `freshness`. */
export function neverLateViews(configs: readonly Draft<ConfigFile>[], views: readonly Draft<ViewFile>[]): Problem[] {
  const timeless = views.filter(({ written }) => !written.has('freshness')).map(({ sound }) => sound.name);
  return configs.flatMap(({ yaml, sound }) =>
    (sound.alerts?.rules ?? []).flatMap(({ when, views: words = [] }, index) =>
      words.flatMap((word, place) => {
        if (when !== 'freshness_missed' || !timeless.includes(word)) return [];
        const path = ['alerts', 'rules', index, 'views', place];
        const wrong = `the view '${word}' has no \`freshness\`, so it is never late; add \`freshness\` to the view, or remove it here`;
        return [yaml.problemAt(path, `\`${formatKeyPath(path)}\`: ${wrong}`)];
      }),
    ),
  );
}

function unknownWords(
  yaml: YamlFile,
  { path, words }: { readonly path: KeyPath; readonly words: readonly string[] },
  views: readonly Draft<ViewFile>[],
): Problem[] {
  const names = views.flatMap(({ sound }) => sound.name ?? []);
  const tags = [...new Set(views.flatMap(({ sound }) => sound.tags ?? []))].map((tag) => `tag:${tag}`);
  return words.flatMap((word, index) => {
    if (names.includes(word) || tags.includes(word)) return [];
    const isTag = word.startsWith('tag:');
    const what = isTag ? `no view has the tag '${word.slice(4)}'` : `there is no view '${word}'`;
    const hint = didYouMean(word, isTag ? tags : [...names, ...tags]);
    const place = [...path, index];
    return [yaml.problemAt(place, `\`${formatKeyPath(place)}\`: ${what}${hint}`)];
  });
}

/** A problem for each invalid name under `after`, and for each cycle. */
export function wrongOrder(views: readonly Draft<ViewFile>[]): Problem[] {
  const known = new Map(views.flatMap((draft) => (draft.sound.name === undefined ? [] : [[draft.sound.name, draft]])));
  const afterOf = (name: string) => known.get(name)?.sound.after ?? [];
  return views.flatMap(({ yaml, sound }) => {
    const { name = '', after = [] } = sound;
    const problems = after.flatMap((first, index) => {
      const wrong = wrongFirst({ name, after, first, index }, known);
      return wrong === null ? [] : [yaml.problemAt(['after', index], `\`after[${index}]\`: ${wrong}`)];
    });
    const cycle = cycleOf(name, afterOf);
    // Reported once per cycle, at the alphabetically first view.
    if (cycle === null || cycle.some((other) => other < name)) return problems;
    const words = [...cycle, name].join(' after ');
    return [
      ...problems,
      yaml.problemAt(['after'], `\`after\`: these views form a cycle and would wait forever: ${words}`),
    ];
  });
}

type Named = {
  readonly name: string;
  readonly after: readonly string[];
  readonly first: string;
  readonly index: number;
};

function wrongFirst({ name, after, first, index }: Named, known: ReadonlyMap<string, Draft<ViewFile>>): string | null {
  if (first === name) return 'a view cannot come after itself';
  if (after.indexOf(first) !== index) return `duplicate '${first}'`;
  const found = known.get(first);
  if (found === undefined) {
    const others = [...known.keys()].filter((other) => other !== name);
    return `there is no view '${first}'${didYouMean(first, others)}`;
  }
  const { kind } = found.sound;
  if (kind !== 'latest' && kind !== 'pushed') return null;
  return `'${first}' is a ${kind} view, which has no intervals to wait for`;
}

/** The shortest cycle from a view back to itself, without its end; null if there is none, or the view names itself. */
function cycleOf(name: string, afterOf: (name: string) => readonly string[]): string[] | null {
  const ways: string[][] = [[name]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of afterOf(way.at(-1) ?? name)) {
      if (next === name) return way.length === 1 ? null : way;
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  }
  return null;
}
