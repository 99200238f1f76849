#!/bin/sh
# Create .venv with the pinned requirements. Usage: tools/setup.sh PYTHON
set -eu
python=${1:?which Python to use}
cd "$(dirname "$0")/.."

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Tillway needs Python 3.11 or newer; $python is older. Try: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "Python has no venv module; asking apt for it"
    apt-get install -y -qq python3-venv >/dev/null
fi

echo "Setting up .venv (a quarter of a minute with a warm cache, some minutes without)"
rm -rf .venv
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9 || true
if [ -x .venv/bin/uv ] && .venv/bin/uv pip install --quiet --python .venv -r requirements.txt 2>.venv/uv.log; then
    :
else
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
touch .venv/.ready
