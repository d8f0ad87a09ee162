#!/usr/bin/env bash
# Sourced by scripts/test-debian13 and scripts/test-package, which set work to a folder of their own: a Debian in a folder, made by debootstrap.
# `debian-root.sh --enter ROOT COMMAND...` is for isolated() alone: it mounts what a system needs, and runs a command in it.
#
# Mounts are in a namespace of their own, which ends with its last process: nobody else sees them, and nobody can leave one behind.
if [ "${1:-}" = --enter ]; then
  root=$2
  shift 2
  environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8)
  for variable in http_proxy https_proxy no_proxy DEBIAN_FRONTEND DEB_BUILD_OPTIONS; do
    [ -z "${!variable:-}" ] || environment+=("$variable=${!variable}")
  done
  mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" && mount -t sysfs -o ro sysfs "$root/sys" || exit 70
  exec env -i "${environment[@]}" chroot "$root" "$@"
fi

give_up() { # give_up SENTENCE: what it lacks
  printf '%s: %s\n\n0 passed, 1 failed\n' "$(basename "$0")" "$1" >&2
  exit 1
}

check_means() { # check_means GIGABYTES: root, debootstrap, keys, room
  local space temporary=${TMPDIR:-/tmp}
  [ "$(id -u)" -eq 0 ] || give_up "this needs root, for chroot and mounts: run it with sudo"
  command -v debootstrap >/dev/null || give_up "debootstrap is missing: apt-get install debootstrap"
  [ -e "$debian_keyring" ] || give_up "the keys of Debian's archive are missing: apt-get install debian-archive-keyring"
  space=$(($(df --output=avail -k "$temporary" | tail -n 1) / 1024 / 1024))
  [ "$space" -ge "$1" ] || give_up "$1 GB are needed below $temporary, which has $space GB: name another folder by TMPDIR"
}
debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

debian_archive() { # debian_archive SUITE: prints it
  scripts/debian-archive || give_up "no Debian archive found in the apt sources of this machine, which $1 would be installed from"
}

child=
at_the_end() { # what is trapped at EXIT
  trap '' INT TERM HUP
  if [ -n "$child" ]; then
    kill -KILL "$child" 2>/dev/null # unshare blocks what is gentler; with it dies process 1 of the namespace, and so all of it
    wait "$child" 2>/dev/null
  fi
  if grep -qF " $work/" /proc/self/mountinfo; then
    echo "$(basename "$0"): something is mounted below $work, so that it is not removed: unmount and remove it" >&2
    exit 1
  fi
  rm -rf --one-file-system "$work" || { sleep 1 && rm -rf --one-file-system "$work"; } # a process was still ending
}

# Runs a command among processes and mounts of its own, which end with it, and with us even if we are killed. Not in the
# foreground, because a shell acts on a signal only when its command in the foreground has ended.
isolated() {
  local status=0
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$@" &
  child=$!
  wait "$child" || status=$?
  child=
  return "$status"
}

make_root() { # make_root SUITE ROOT ARCHIVE: gives up if it cannot be made
  local scheme proxy
  # What apt is told by its configuration, debootstrap takes from the environment.
  for scheme in http https; do
    proxy=
    eval "$(apt-config shell proxy "Acquire::$scheme::Proxy")"
    case "$proxy" in "" | DIRECT) ;; *) export "${scheme}_proxy=$proxy" ;; esac
  done
  if ! isolated debootstrap --variant=minbase --include=ca-certificates --keyring="$debian_keyring" "$1" "$2" "$3" \
    >"$work/debootstrap.log" 2>&1; then
    tail -n 20 "$work/debootstrap.log" "$2/debootstrap/debootstrap.log" 2>/dev/null
    give_up "debootstrap failed"
  fi
  # It reaches the archive as this machine does.
  cp -L /etc/hosts "$2/etc/hosts"
  apt-config dump | grep -E '^Acquire::(https?::|Check-|Max-ValidTime|Retries|ForceIP)' >"$2/etc/apt/apt.conf.d/90this-machine"
}

enter() { isolated scripts/debian-root.sh --enter "$@"; } # enter ROOT COMMAND...
# With a loopback device and no other: what a package is built with.
without_network() { isolated unshare --net sh -c 'ip link set lo up && exec "$@"' sh scripts/debian-root.sh --enter "$@"; }

prepare_build() { # prepare_build ROOT SOURCE: what the source package in SOURCE is built with; what else is told by the caller
  mkdir "$1/source" && cp "$2"/persona_* "$1/source" && enter "$1" sh -ec 'apt-get -qq update
    apt-get -qq install -y --no-install-recommends build-essential
    apt-get -qq build-dep -y --no-install-recommends /source/persona_*.dsc'
}

build_package() { # build_package ROOT FOLDER: builds it in that folder there
  without_network "$1" sh -ec 'mkdir -p "$1"; cd "$1"; dpkg-source -x /source/persona_*.dsc persona; cd persona
    dpkg-buildpackage --no-sign --build=binary' sh "$2"
}
