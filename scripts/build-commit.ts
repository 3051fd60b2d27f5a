// The commit that a build is made of, which distinguishes builds of one version.

import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

const COMMIT = /^[0-9a-f]{7,40}(-dirty)?$/;

/**
 * `6e0f81fa`, or `6e0f81fa-dirty` with uncommitted changes: from MILLRACE_COMMIT, which a container build without `.git`
 * needs, else from the checkout at `root`. Null if it is not known.
 */
export function buildCommit(root: string, env: NodeJS.ProcessEnv): string | null {
  const given = env['MILLRACE_COMMIT'] ?? '';
  if (given !== '') {
    if (COMMIT.test(given)) return given;
    throw new Error(
      `MILLRACE_COMMIT is "${given}"; expected a git commit, such as the output of "git rev-parse --short HEAD".`,
    );
  }
  // A copy of the sources below another repository is not of its commit.
  const top = git(root, 'rev-parse', '--show-toplevel');
  if (top === '' || realpathSync(top) !== realpathSync(root)) return null;
  const commit = git(root, 'describe', '--always', '--dirty', '--exclude', '*');
  return COMMIT.test(commit) ? commit : null;
}

/** The output; empty if git fails or is missing. */
function git(folder: string, ...args: readonly string[]): string {
  const { status, stdout } = spawnSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : '';
}
