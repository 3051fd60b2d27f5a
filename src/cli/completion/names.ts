// Names of a project for completion. The shell finds them with find and awk: Node would take longer to start than a person
// wants to wait after Tab.

import { FAILURES } from '../../core/failure.ts';
import { RUN_STATES } from '../../state/runs/states.ts';

/** `tag` stands for `tag:NAME`. */
export type NameKind = 'view' | 'tag' | 'source' | 'dataset';

/** What a word can be: names of the project, or one of these words; null for anything else, such as a file or a number. */
export type Values = { readonly names: readonly NameKind[] } | { readonly words: readonly string[] } | null;

const VIEW: Values = { names: ['view'] };
const DATASET: Values = { names: ['dataset'] };

const OF_ARGUMENT: Readonly<Record<string, Values>> = { view: VIEW, shell: { words: ['bash', 'zsh', 'fish'] } };
/** Commands with arguments that their names do not explain. */
const OF_COMMAND: Readonly<Record<string, Values>> = {
  pause: { names: ['view', 'tag'] },
  resume: { names: ['view', 'tag'] },
  'dataset build': DATASET,
  'dataset preview': DATASET,
};
const OF_OPTION: Readonly<Record<string, Values>> = {
  '--view': VIEW,
  '--record': VIEW,
  '--source': { names: ['source'] },
  '--code': { words: Object.keys(FAILURES) },
  '--state': { words: RUN_STATES },
  '--mode': { words: ['missing', 'failed', 'all'] },
};

/** The values of the first argument of a command. */
export function argumentValues(words: readonly string[], argument: string): Values {
  return OF_COMMAND[words.join(' ')] ?? OF_ARGUMENT[argument] ?? null;
}

export function optionValues(flag: string): Values {
  return OF_OPTION[flag] ?? null;
}

const NAME = '/^[a-z][a-z0-9_]*$/';

/** Prints `name:` of each file, or `tag:NAME` for each tag, in a flow or a block list. Without single quotes. */
const NAMES_AWK = String.raw`
function shown(name) { if (want == "view" && name ~ ${NAME}) print name }
function tagged(name) { if (want == "tag" && name ~ ${NAME} && !seen[name]++) print "tag:" name }
function plain(text) { sub(/(^|[ \t])#.*$/, "", text); gsub(/[][,"\047\r]/, " ", text); return text }
FNR == 1 { listed = 0 }
/^name:/ { text = plain(substr($0, 6)); split(text, found, " "); shown(found[1]) }
/^tags:/ { count = split(plain(substr($0, 6)), found, " "); for (at = 1; at <= count; at++) tagged(found[at]); listed = 1; next }
/^[^ \t#-]/ { listed = 0 }
listed && /^[ \t]*-/ { sub(/^[ \t]*-/, ""); split(plain($0), found, " "); tagged(found[1]) }`;

/** Prints the keys below `sources:`. */
const SOURCES_AWK = String.raw`
/^sources:/ { listed = 1; next }
/^[^ \t#]/ { listed = 0 }
listed && match($0, /[^ \t]/) && substr($0, RSTART, 1) != "#" {
  if (!depth) depth = RSTART
  if (RSTART == depth) { name = substr($0, RSTART); sub(/:.*/, "", name); gsub(/["\047]/, "", name); if (name ~ ${NAME}) print name }
}`;

const below = (folder: string, want: string) =>
  `find "$project/${folder}" -name "*.yaml" -type f -exec awk -v want=${want} '${NAMES_AWK}' {} +`;

/** The command that prints the names of a kind. `$project` is the folder. The same in bash, zsh and fish. */
export const NAME_COMMANDS: Readonly<Record<NameKind, string>> = {
  view: below('features', 'view'),
  tag: below('features', 'tag'),
  dataset: below('datasets', 'view'),
  source: `awk '${SOURCES_AWK}' "$project/millrace.yaml"`,
};

/** The function for bash and zsh; `$project` is a variable of its caller. */
export const NAMES_FUNCTION = `_millrace_names() {
  local kind
  for kind in "$@"; do
    case "$kind" in
${Object.entries(NAME_COMMANDS)
  .map(([kind, command]) => `      ${kind}) ${command} ;;`)
  .join('\n')}
    esac
  done 2>/dev/null
}`;

/** A command substitution, or words, for bash and zsh. */
export function shellValues(values: NonNullable<Values>): string {
  return 'names' in values ? `$(_millrace_names ${values.names.join(' ')})` : values.words.join(' ');
}
