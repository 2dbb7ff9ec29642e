#!/usr/bin/env bash
# Installs kerasvis2 with everything its tests need into a virtual environment of its own, then
# checks lint, format, types and tests. Arguments go to pytest.
#   PYTHON=python3.12 ./test.sh   with another interpreter (python3)
#   FLOORS=1 ./test.sh            tests with the oldest versions that setup.cfg allows
#   VENV=path ./test.sh           in this virtual environment (.venv, or .venv-floors)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [[ "${FLOORS:-0}" == 1 ]]; then
    venv="${VENV:-.venv-floors}"
else
    venv="${VENV:-.venv}"
fi
[[ -x "$venv/bin/python" ]] || "${PYTHON:-python3}" -m venv "$venv"
python="$venv/bin/python"

if [[ "${FLOORS:-0}" == 1 ]]; then
    "$python" -m pip install --quiet uv
    "$python" -m uv pip install --quiet --python "$python" --resolution lowest-direct -e ".[test]"
else
    "$python" -m pip install --quiet --upgrade --upgrade-strategy eager -e ".[test]"
    "$python" -m ruff check .
    "$python" -m ruff format --check .
    "$python" -m mypy
fi
"$python" -m pytest "$@"
