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
