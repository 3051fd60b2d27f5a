// The image of the Dockerfile, built by Debian's buildah and started without a container engine: in a separate mount
// namespace, with a read-only root file system, as the unprivileged account of the image.

import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
// Without the variables and folders that npm gives its scripts, which refer to this checkout.
const ENV = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))), PATH };

type Config = {
  readonly Entrypoint: readonly string[];
  readonly User: string;
  readonly WorkingDir: string;
  readonly Healthcheck: { readonly Test: readonly string[] };
};

/** Entry point, user and health check of the image, and its files in a folder. */
export type Image = { readonly config: Config; readonly files: string };

export type Started = ChildProcessByStdio<null, Readable, Readable>;

const run = promisify(execFile);
const call = async (command: string, ...args: readonly string[]) =>
  (await run(command, [...args], { env: ENV, maxBuffer: 64 << 20 })).stdout.trim();

/** Builds the image in a folder that is deleted on disposal. Takes minutes. */
export async function buildImage(): Promise<Image & Disposable> {
  const folder = mkdtempSync('/var/tmp/millrace-image-');
  const dispose = () => {
    // Never delete through a mount that could not be removed.
    if (!readFileSync('/proc/mounts', 'utf8').includes(` ${folder}/`)) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const buildah = (...args: readonly string[]) =>
      call(
        'buildah',
        '--root',
        join(folder, 'store'),
        '--runroot',
        join(folder, 'run'),
        '--storage-driver',
        'vfs',
        ...args,
      );
    const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    const base = /^FROM (\S+)$/m.exec(dockerfile)?.[1] ?? '';
    await makeBase(join(folder, 'base'), buildah, base);
    const volumes = (await npmVolumes()).flatMap((volume) => ['--volume', volume]);
    const options = ['--isolation', 'chroot', '--pull-never', '--format', 'docker', ...volumes];
    await buildah('build', '--quiet', ...options, '--tag', 'millrace', ROOT);
    const { Docker } = JSON.parse(await buildah('inspect', '--type', 'image', 'millrace'));
    const files = await buildah('mount', await buildah('from', '--pull-never', 'millrace'));
    return { config: Docker.config, files, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** A Debian with the Node of the packages and the npm of this machine, instead of the base image. */
async function makeBase(folder: string, buildah: typeof call, name: string): Promise<void> {
  await call('debootstrap', '--variant=minbase', 'bookworm', folder);
  cpSync(join(ROOT, 'node_modules/node/bin/node'), join(folder, 'usr/local/bin/node'), { dereference: true });
  const npm = dirname(dirname(await call('readlink', '-f', await call('sh', '-c', 'command -v npm'))));
  mkdirSync(join(folder, 'usr/local/lib/node_modules'), { recursive: true });
  cpSync(npm, join(folder, 'usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm'));
  const container = await buildah('from', 'scratch');
  await buildah('add', '--quiet', container, folder, '/');
  await buildah('commit', '--quiet', '--rm', container, name);
  rmSync(folder, { recursive: true });
}

/** The npm configuration of this machine (certificates, registry), and its cache. */
async function npmVolumes(): Promise<string[]> {
  const config = (key: string) => call('npm', 'config', 'get', key);
  const volumes = [
    [await config('cache'), '/root/.npm'],
    [await config('userconfig'), '/root/.npmrc:ro'],
    [await config('globalconfig'), '/usr/local/etc/npmrc:ro'],
    [CERTIFICATES, `${CERTIFICATES}:ro`],
  ];
  return volumes.filter(([path = '']) => existsSync(path)).map((volume) => volume.join(':'));
}

const ENTER = `
  root="$1" project="$2" user="$3" folder="$4"; shift 4
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=1777,size=256m tmpfs "$root/tmp"
  mount --bind "$project" "$root/project"
  mount -o remount,ro,bind "$root/project"
  mount -o remount,ro,bind "$root"
  exec chroot "$root" setpriv --reuid "\${user%:*}" --regid "\${user#*:}" --clear-groups --no-new-privs \\
    --inh-caps=-all --bounding-set=-all --pdeathsig KILL env --chdir "$folder" "$@"
`;

/** Runs a command in the image, over a project that is mounted read-only. The process ends with this one. */
export function startInImage(
  { config, files }: Image,
  project: string,
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Started {
  const args = ['--mount', 'sh', '-ec', ENTER, 'sh', files, project, config.User, config.WorkingDir, ...words];
  return spawn('unshare', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, NODE_ENV: 'production', ...variables },
  });
}
