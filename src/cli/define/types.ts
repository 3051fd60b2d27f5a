// millrace types: writes TypeScript types of the views for openReader.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isComposite, partNames } from '../../definition/entity.ts';
import { loadDefinitions } from '../../definition/load.ts';
import type { FeatureView } from '../../definition/view.ts';
import { entryOf } from '../../feature-types/index.ts';
import { counted } from '../../presentation/format.ts';
import { appliedViews } from '../../state/views/views.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireState } from '../open.ts';
import { sourceKinds } from '../source-kinds.ts';

type TypesOptions = CommonOptions & { readonly out?: string; readonly deployed: boolean };

export function addTypes(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'types',
    summary: 'Generate TypeScript types for openReader',
    notes: [
      'With "import type { Features } from \'./features.js\'", openReader<Features>()',
      'knows views, features, entities and value types.',
    ],
    examples: ['types --out features.d.ts', 'types --deployed'],
  })
    .option('--out <file>', 'Write to this file instead of stdout')
    .option('--deployed', 'Use the deployed views instead of features/', false)
    .action((options: TypesOptions) => end(cli, types(cli, options)));
}

async function types(cli: Cli, options: TypesOptions): Promise<ExitCode> {
  const views = options.deployed ? await deployedViews(cli, options) : await definedViews(cli, options);
  const text = typesText(views);
  if (options.out === undefined) {
    if (options.json) cli.terminal.json({ views: views.map(({ name }) => name), text });
    else cli.terminal.help(text);
    return DONE;
  }
  await writeFile(resolve(options.out), text);
  if (options.json) cli.terminal.json({ views: views.map(({ name }) => name), out: options.out });
  else cli.terminal.line({ style: 'green', text: 'wrote' }, `  ${options.out}: ${counted(views.length, 'view')}`);
  return DONE;
}

async function definedViews({ clock }: Cli, { project }: TypesOptions): Promise<readonly FeatureView[]> {
  return (await loadDefinitions(project, clock.now(), await sourceKinds())).views;
}

async function deployedViews(cli: Cli, options: TypesOptions): Promise<readonly FeatureView[]> {
  await using open = await openProject(cli, options);
  await requireState(open.app);
  return (await appliedViews(open.app.database))
    .filter(({ retired, view }) => !retired && view.partsOf === undefined)
    .map(({ view }) => view);
}

/** The contents of the file. */
export function typesText(views: readonly FeatureView[]): string {
  const usesJson = views.some(({ features }) => features.some(({ type }) => type === 'json'));
  return [
    '// Written by "millrace types"; run it again after a change of the views.',
    '',
    ...(usesJson ? ["import type { JsonValue } from 'millrace';", ''] : []),
    '/** The views of this project, for `openReader<Features>()`. */',
    'export type Features = {',
    ...views.flatMap(viewLines),
    '};',
    '',
  ].join('\n');
}

function viewLines(view: FeatureView): string[] {
  const { name, description, features } = view;
  const names = partNames(view).map((part) => `'${part}'`);
  return [
    ...(description.trim() === '' ? [] : [`  /** ${commentText(description)} */`]),
    `  ${name}: {`,
    `    entity: ${isComposite(view) ? `readonly [${names.join(', ')}]` : names.join('')};`,
    '    features: {',
    ...features.map((feature) => `      ${feature.name}: ${valueType(feature)};`),
    '    };',
    '  };',
  ];
}

function valueType({ type, nullable }: FeatureView['features'][number]): string {
  const value = entryOf(type).typescript;
  return nullable ? `${value} | null` : value;
}

function commentText(text: string): string {
  return text.trim().replaceAll('*/', '*∕').replaceAll(/\s+/g, ' ');
}
