#!/usr/bin/env bash
# Makes .venv from the hashed lock. Nothing but Python >= 3.11 is needed; Debian packages that are missing are installed as root, named otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=requirements/dev.txt
stamp=.venv/.installed-$(sha256sum "$lock" pyproject.toml | sha256sum | cut -c1-16)

find_python() { # a shim on the path may exist and still refuse, so each one is tried
  for name in python3.11 python3.12 python3.13 python3; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo "$name"; return; fi
  done
  echo "setup: no Python >= 3.11 found; install python3" >&2; exit 1
}
python=$(find_python)

missing=() tests=()
"$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || missing+=(python3-venv)
command -v ssh-keygen >/dev/null || missing+=(openssh-client)
[ -x /usr/sbin/slapd ] || tests+=(slapd)
command -v ldapsearch >/dev/null || tests+=(ldap-utils)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || tests+=(postgresql)
command -v redis-server >/dev/null || tests+=(redis-server)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || tests+=(chromium)
install() { # without starting what is installed: the tests start their own
  local policy=/usr/sbin/policy-rc.d own= failed=0
  if [ ! -e "$policy" ]; then own=1; printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"; fi
  apt-get update -q >/dev/null || failed=$?
  [ "$failed" != 0 ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null || failed=$?
  if [ -n "$own" ]; then rm "$policy"; fi
  return "$failed"
}
is_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
if [ -f "$stamp" ] && { [ ${#tests[@]} -eq 0 ] || ! is_root; }; then exit 0; fi
if [ $((${#missing[@]} + ${#tests[@]})) -gt 0 ]; then
  if is_root; then
    echo "setup: installing ${missing[*]} ${tests[*]}"
    install "${missing[@]}" "${tests[@]}" || [ -f "$stamp" ] # what is there already works without
  else
    echo "setup: these packages are missing: ${missing[*]} ${tests[*]} (as root: apt-get install ${missing[*]} ${tests[*]})" >&2
    [ ${#missing[@]} -eq 0 ] || exit 1 # tests need the others; without slapd the demo reads the directory from its export
  fi
fi

[ -f "$stamp" ] && exit 0

echo "setup: making .venv with $("$python" --version) from $lock"
"$python" -m venv --clear .venv
.venv/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r "$lock" # the lock is whole; a newer release of a part is no reason to look further
.venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
touch "$stamp"
