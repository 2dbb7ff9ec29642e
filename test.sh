#!/usr/bin/env bash
# Installs kerasvis2 with everything its tests need into a virtual environment of its own (.venv),
# then checks it: lint, format, types, tests. Arguments go to pytest.
#   PYTHON  the interpreter to use (python3)
#   VENV    the virtual environment to make or reuse (.venv)
#   FLOORS  1: the oldest versions that setup.cfg allows instead of the newest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

venv="${VENV:-.venv}"
[[ -x "$venv/bin/python" ]] || "${PYTHON:-python3}" -m venv "$venv"
python="$venv/bin/python"
if [[ "${FLOORS:-0}" == 1 ]]; then
    "$python" -m pip install --quiet uv
    "$python" -m uv pip install --quiet --python "$python" --resolution lowest-direct -e ".[test]"
else
    "$python" -m pip install --quiet --upgrade --upgrade-strategy eager -e ".[test]"
fi

"$python" -m ruff check .
"$python" -m ruff format --check .
"$python" -m mypy
"$python" -m pytest "$@"
