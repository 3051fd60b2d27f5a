// The tools for building and starting the image without a container engine.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const PROGRAMS = ['buildah', 'debootstrap', 'unshare', 'chroot'];
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin'];

/** Empty if the image can be built. */
export function missingImageTools(): string[] {
  const missing = PROGRAMS.filter((program) => !FOLDERS.some((folder) => existsSync(join(folder, program))));
  return process.getuid?.() === 0 ? missing : ['root', ...missing];
}
