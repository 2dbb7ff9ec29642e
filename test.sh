#!/usr/bin/env bash
# Installs kerasvis2 with everything its tests need into a virtual environment of its own, then
# checks lint, format, types and tests; then what depends on the backend on PyTorch and on JAX, each
# in an environment without TensorFlow. Arguments go to pytest, and leave the other backends out.
#   PYTHON=python3.12 ./test.sh      with another interpreter (python3)
#   FLOORS=1 ./test.sh               tests with the oldest versions that setup.cfg allows
#   VENV=path ./test.sh              in this virtual environment (.venv, or .venv-floors)
#   BACKENDS=torch ./test.sh         on these alone ("tensorflow torch jax")
#   TORCH=… JAX=… ./test.sh          with these builds, as pip is told them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

floors="${FLOORS:-0}"
if [[ $# -gt 0 || "$floors" == 1 ]]; then
    backends="${BACKENDS:-tensorflow}"
else
    backends="${BACKENDS:-tensorflow torch jax}"
fi

environment() {
    [[ -x "$1/bin/python" ]] || "${PYTHON:-python3}" -m venv "$1"
    python="$1/bin/python"
}

on_tensorflow() {
    if [[ "$floors" == 1 ]]; then
        environment "${VENV:-.venv-floors}"
        "$python" -m pip install --quiet uv
        "$python" -m uv pip install --quiet --python "$python" --resolution lowest-direct \
            -e ".[test]"
    else
        environment "${VENV:-.venv}"
        "$python" -m pip install --quiet --upgrade --upgrade-strategy eager -e ".[test,docs]"
        "$python" -m ruff check .
        "$python" -m ruff format --check .
        "$python" -m mypy
        # The site; a link or an anchor that leads nowhere is an error.
        NO_MKDOCS_2_WARNING=1 "$python" -m mkdocs build --strict
        .ci/package "$python"
    fi
    # A file stays with one of the two processes, and so do the models and logs that its tests share.
    local together=()
    [[ $# -gt 0 ]] || together=(-n 2 --dist loadfile)
    KERAS_BACKEND=tensorflow "$python" -m pytest "${together[@]}" "$@"
}

# on_another NAME REQUIREMENT …
on_another() {
    local name="$1" requirement="$2"
    shift 2
    environment ".venv-$name"
    "$python" -m pip install --quiet --upgrade --upgrade-strategy eager "$requirement" \
        -e ".[test-backend]"
    # It asks for TensorFlow's tokenizers, and does without; `kagglehub` has the others it needs.
    "$python" -m pip install --quiet kagglehub regex sentencepiece tokenizers pyyaml
    "$python" -m pip install --quiet --upgrade --no-deps keras-hub
    KERAS_BACKEND="$name" "$python" -m pytest tests/backends "$@"
}

for backend in $backends; do
    case "$backend" in
        tensorflow) on_tensorflow "$@" ;;
        torch) on_another torch "${TORCH:-torch==2.13.0}" "$@" ;;
        jax) on_another jax "${JAX:-jax>=0.10}" "$@" ;;
        *) echo "BACKENDS=$backend: tensorflow, torch or jax" >&2 && exit 2 ;;
    esac
done
