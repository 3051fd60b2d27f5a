#!/usr/bin/env bash
# Runs the two commands of the README on a bare Debian 12 with nothing but Node 20, as a new user would.
#
#   sudo scripts/bare-debian.sh [--keep] [--base FILE] [COMMAND...]
#
#   --keep       keep the folder of the Debian, and print its path
#   --base FILE  a tar file of the bare system: used if it exists, else created, which saves a minute each time
#   COMMAND...   instead of "npm run quickstart" and "npm test", one argument each
#
# It needs root, debootstrap, git and a Node 20 with npm, which it copies. It clones the committed state into a private home
# folder. Servers on default ports and the rest of this machine are not touched.
set -euo pipefail

checkout="$(cd "$(dirname "$0")/.." && pwd)"
keep=no
base=''
commands=()
while [ $# -gt 0 ]; do
  case "$1" in
    --keep) keep=yes ;;
    --base) base="$2"; shift ;;
    -*) echo "unknown option $1" >&2; exit 2 ;;
    *) commands+=("$1") ;;
  esac
  shift
done
if [ ${#commands[@]} -eq 0 ]; then commands=('npm run quickstart' 'npm test'); fi

if [ "$(id -u)" -ne 0 ]; then echo 'creating a bare Debian needs root: use sudo.' >&2; exit 1; fi
if ! command -v debootstrap > /dev/null; then echo 'debootstrap is missing: apt-get install debootstrap' >&2; exit 1; fi

# Not the Node of the checkout, which "npm run" puts first.
PATH="$(printf '%s' "$PATH" | tr ':' '\n' | grep -v node_modules | paste -sd: -)"
node="$(readlink -f "$(command -v node)")"
npm="$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")"
case "$("$node" --version)" in
  v20.*) ;;
  *) echo "note: this is $("$node" --version), but the README promises that Node 20 is enough" >&2 ;;
esac

# Private from outside; the Debian's own root must be readable by its accounts.
outside="$(mktemp -d /var/tmp/millrace-debian-XXXXXX)"
system="$outside/root"
mkdir -m 755 "$system"
mounts=()

# The numbers of the processes that were started in there.
processes_inside() {
  local process
  for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/root" 2> /dev/null)" = "$system" ]; then echo "${process#/proc/}"; fi
  done
}

clean_up() {
  local status=$? index process
  # What still runs in there would keep the mounts busy.
  for process in $(processes_inside); do kill -KILL "$process" 2> /dev/null || true; done
  for ((index = ${#mounts[@]} - 1; index >= 0; index--)); do umount -l "${mounts[index]}" || true; done
  # Never through a mount that did not go away.
  if grep -q " $system/" /proc/mounts; then
    echo "left with mounts: $system" >&2
  elif [ "$keep" = yes ]; then
    echo "kept: $system" >&2
  else
    rm -rf --one-file-system "$outside"
  fi
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

attach() {
  mkdir -p "$system/${*: -1}"
  mount "${@:1:$#-1}" "$system/${*: -1}"
  mounts+=("$system/${*: -1}")
}

make_system() {
  if [ -n "$base" ] && [ -f "$base" ]; then
    tar -xpf "$base" -C "$system"
    return
  fi
  debootstrap --variant=minbase --include=ca-certificates bookworm "$system" > "$system.log" || {
    tail -n 20 "$system.log" >&2
    exit 1
  }
  rm -f "$system.log"
  if [ -n "$base" ]; then tar -cpf "$base" -C "$system" .; fi
}

# How this machine reaches its package servers, if that takes anything: certificates, mirrors, npm's configuration.
copy_configuration() {
  cp -L /etc/resolv.conf "$system/etc/resolv.conf" 2> /dev/null || true
  cp -L /etc/hosts "$system/etc/hosts" 2> /dev/null || true
  cp -L /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/ca-certificates.crt"
  if grep -qs bookworm /etc/os-release; then
    rm -rf "$system"/etc/apt/sources.list "$system/etc/apt/sources.list.d"
    cp -r /etc/apt/sources.list.d "$system/etc/apt/"
    if [ -f /etc/apt/sources.list ]; then cp /etc/apt/sources.list "$system/etc/apt/"; fi
  fi
  apt-config dump | grep '^Acquire::' > "$system/etc/apt/apt.conf.d/00host" || true
  cp -r /etc/apt/auth.conf.d "$system/etc/apt/" 2> /dev/null || true
  local global
  global="$(npm config get globalconfig 2> /dev/null || true)"
  mkdir -p "$system/usr/local/etc"
  if [ -f "$global" ]; then cp "$global" "$system/usr/local/etc/npmrc"; fi
  if [ -f "$HOME/.npmrc" ]; then cp "$HOME/.npmrc" "$system/root/.npmrc"; fi
}

copy_node() {
  mkdir -p "$system/usr/local/bin" "$system/usr/local/lib/node_modules"
  cp "$node" "$system/usr/local/bin/node"
  cp -r "$npm" "$system/usr/local/lib/node_modules/npm"
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$system/usr/local/bin/npm"
  ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$system/usr/local/bin/npx"
}

mount_devices() {
  attach -t proc proc proc
  attach -t sysfs -o ro sysfs sys
  attach -t tmpfs -o mode=755 tmpfs dev
  local device
  for device in null zero full random urandom tty; do
    touch "$system/dev/$device"
    attach_file "/dev/$device" "dev/$device"
  done
  ln -s /proc/self/fd "$system/dev/fd"
  attach -t tmpfs -o mode=1777 tmpfs dev/shm
}

attach_file() {
  mount --bind "$1" "$system/$2"
  mounts+=("$system/$2")
}

# Runs a line in the Debian as the account USER; only the variables for reaching package servers are passed on.
inside() {
  local user="$1" home="$2" line="$3" variable
  local environment=("HOME=$home" 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "TERM=${TERM:-dumb}")
  for variable in $(compgen -e); do
    case "$variable" in
      HTTP_PROXY | HTTPS_PROXY | NO_PROXY | http_proxy | https_proxy | no_proxy | npm_config_registry | npm_config_cafile | NODE_EXTRA_CA_CERTS | SSL_CERT_FILE)
        environment+=("$variable=${!variable}")
        ;;
    esac
  done
  env -i "${environment[@]}" chroot --userspec="$user" "$system" /bin/sh -ec "$line"
}

run_commands() {
  local folder=/root/private/millrace command started
  mkdir -p -m 700 "$system/root/private"
  chmod 700 "$system/root"
  git clone --quiet "file://$checkout" "$system$folder"
  for command in "${commands[@]}"; do
    printf '\n== %s\n' "$command"
    started="$(date +%s)"
    inside 0:0 /root "cd $folder && $command" || {
      printf '== "%s" failed on a bare Debian after %s s\n' "$command" "$(($(date +%s) - started))"
      exit 1
    }
    printf '== "%s" took %s s\n' "$command" "$(($(date +%s) - started))"
  done
  if [ -n "$(processes_inside)" ]; then
    echo 'servers are still running' >&2
    exit 1
  fi
  # Stopped servers must not leave data behind.
  if compgen -G "$system/tmp/millrace-postgres-[0-9a-f]*[0-9a-f]/data" > /dev/null; then
    echo 'data of servers is left in /tmp' >&2
    exit 1
  fi
}

make_system
chmod 755 "$system"
copy_configuration
copy_node
mount_devices
run_commands
