#!/bin/sh
# Makes a virtual environment with what keras_seq needs, or finds the one that is there good.
#
#     .ci/environment.sh VENV [PYTHON]      PYTHON: a name, a path or a version such as 3.12
#
# Without PYTHON: the Python of VENV if that works, else python3.11 (the versions with tensorflow-io too), else the newest
# that fits. An environment that is broken, half made, moved, or of another Python than PYTHON is made anew.
set -eu
cd "$(dirname "$0")/.."
venv=$1 wanted=${2:-}
case $wanted in [0-9]*) wanted=python$wanted ;; esac

say() { echo "$*" >&2; }
fits() { command -v "$1" >/dev/null && "$1" setup.py >/dev/null 2>&1 && "$1" -c 'import ensurepip, venv' 2>/dev/null; }
version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }
# What `VENV/installed` holds once all is installed: which Python, where; and a sum of what was asked for.
identity() { "$1" -c 'import sys; print(sys.version.split()[0], sys.prefix)'; }
asked() { cat requirements*.txt pyproject.toml setup.py | cksum; }
install() {
    "$venv/bin/python" -m pip install --disable-pip-version-check -r requirements.txt -r requirements-dev.txt -e .
    { identity "$venv/bin/python"; asked; } >"$venv/installed"
}

choose() {
    if [ -n "$wanted" ]; then
        command -v "$wanted" >/dev/null || { say "error: there is no $wanted on this machine"; return 2; }
        "$wanted" setup.py >&2 || return 2
        fits "$wanted" || { say "error: $wanted lacks its module venv or ensurepip (Debian: apt install python3-venv)"; return 2; }
        echo "$wanted"
        return
    fi
    for candidate in python3.11 python3.13 python3.12 python3 python; do
        if fits "$candidate"; then echo "$candidate"; return; fi
    done
    for candidate in python3 python; do
        if command -v "$candidate" >/dev/null; then "$candidate" setup.py >&2 || break; fi
    done
    say "error: no Python 3.11, 3.12 or 3.13 with its module venv was found; PYTHON=PATH names one, as in: make PYTHON=/opt/python3.12/bin/python3 demo"
    return 2
}

if [ -e "$venv" ] && inside=$(version "$venv/bin/python") && "$venv/bin/python" setup.py >/dev/null 2>&1; then
    if [ -z "$wanted" ] || [ "$inside" = "$(version "$wanted" || true)" ]; then
        if [ "$(head -n 1 "$venv/installed" 2>/dev/null)" = "$(identity "$venv/bin/python")" ]; then
            [ "$(tail -n 1 "$venv/installed")" = "$(asked)" ] || install
            exit 0
        fi
    fi
fi
python=$(choose)
if [ -e "$venv" ]; then
    case $(basename "$venv") in
    .venv*) ;;
    *) [ -e "$venv/pyvenv.cfg" ] || { say "error: $venv is there and is no virtual environment"; exit 2; } ;;
    esac
    say "$venv is not what is needed (broken, half made, moved or of another Python): it is made anew"
    rm -rf "$venv"
fi
say "making $venv with $python ($(version "$python")): some 2.7 GB, some minutes"
"$python" -m venv "$venv"
install
