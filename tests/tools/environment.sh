#!/bin/sh
# Makes .venv from a hashed lock: sh tests/tools/environment.sh base|dev [python]
# The packages go in only with the hashes in requirements/*.txt; the stamp says for which lock.
set -eu
which=$1
wanted=${2:-}
lock=requirements/$which.txt
stamp=.venv/$which.stamp

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "$wanted" ]; then
        new_enough "$wanted" && { echo "$wanted"; return; }
        echo "PYTHON=$wanted is not a Python 3.11 or newer." >&2
        return 1
    fi
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        new_enough "$candidate" && { echo "$candidate"; return; }
    done
    echo "coachstudy needs Python 3.11 or newer; none of python3.13, python3.12, python3.11," >&2
    echo "python3 and python here is one. If it lies elsewhere: make demo PYTHON=/path/to/python3" >&2
    return 1
}

if [ ! -x .venv/bin/python ] || ! new_enough .venv/bin/python; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version) ..."
    rm -rf .venv
    "$python" -m venv .venv || {
        echo "$python cannot make an environment. On Debian and Ubuntu: apt install python3-venv" >&2
        rm -rf .venv
        exit 1
    }
fi

sum=$(.venv/bin/python -c 'import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$lock")
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$sum" ]; then
    echo "Installing what $lock names (once; needs the network) ..."
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --requirement "$lock"
fi
echo "$sum" >"$stamp"
