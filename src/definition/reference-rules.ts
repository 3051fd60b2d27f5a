// The rules that need several files: names are unique, and what is named exists.

import type { JobFile } from './job-file.ts';
import type { Draft } from './load-files.ts';
import { didYouMean } from './nearest.ts';
import type { Problem } from './problem.ts';
import type { ViewFile } from './view-file.ts';

/** A problem at each file that takes a name which an earlier one has. */
export function repeatedNames(
  drafts: readonly Pick<Draft<{ name: string }>, 'yaml' | 'sound'>[],
  what: 'view' | 'job',
): Problem[] {
  const files = new Map<string, string>();
  return drafts.flatMap(({ yaml, sound: { name } }) => {
    if (name === undefined) return [];
    const first = files.get(name);
    files.set(name, first ?? yaml.file);
    if (first === undefined) return [];
    return [yaml.problemAt(['name'], `\`name\`: ${first} already has a ${what} named '${name}'`)];
  });
}

/** A problem at each view whose source is not in millrace.yaml. */
export function unknownSources(views: readonly Draft<ViewFile>[], sources: readonly string[]): Problem[] {
  return views.flatMap(({ yaml, sound: { source } }) => {
    if (source === undefined || sources.includes(source)) return [];
    const known = sources.length === 0 ? 'none is defined' : `expected one of ${sources.join(', ')}`;
    const hint = didYouMean(source, sources) || `; ${known}`;
    return [yaml.problemAt(['source'], `\`source\`: '${source}' is not under \`sources\` in millrace.yaml${hint}`)];
  });
}

/** A problem at each view or tag that a job names and nothing has. */
export function unknownViews(jobs: readonly Draft<JobFile>[], views: readonly Draft<ViewFile>[]): Problem[] {
  const names = views.flatMap(({ sound }) => sound.name ?? []);
  const tags = [...new Set(views.flatMap(({ sound }) => sound.tags ?? []))].map((tag) => `tag:${tag}`);
  return jobs.flatMap(({ yaml, sound }) =>
    (sound.views ?? []).flatMap((view, index) => {
      if (names.includes(view) || tags.includes(view)) return [];
      const isTag = view.startsWith('tag:');
      const what = isTag ? `no view has the tag '${view.slice(4)}'` : `there is no view '${view}'`;
      const hint = didYouMean(view, isTag ? tags : [...names, ...tags]);
      return [yaml.problemAt(['views', index], `\`views[${index}]\`: ${what}${hint}`)];
    }),
  );
}

/** A problem at each name under `after` that no view can come after, and one at each cycle. */
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
    // Told once, at the view of the cycle that comes first in the alphabet.
    if (cycle === null || cycle.some((other) => other < name)) return problems;
    const words = [...cycle, name].join(' after ');
    return [...problems, yaml.problemAt(['after'], `\`after\`: views wait for each other for ever: ${words}`)];
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
  if (after.indexOf(first) !== index) return `'${first}' is named twice`;
  const found = known.get(first);
  if (found === undefined) {
    const others = [...known.keys()].filter((other) => other !== name);
    return `there is no view '${first}'${didYouMean(first, others)}`;
  }
  if (found.sound.kind !== 'latest') return null;
  return `'${first}' is of kind latest, which covers no time that could be waited for`;
}

/** A shortest way from a view back to itself, without its end; null where there is none, or the view names itself. */
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
