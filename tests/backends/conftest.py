"""What the tests of the backends share: nothing here needs TensorFlow.

They run on the backend that KERAS_BACKEND names, in an environment that may have no other. Where
an interpreter with TensorFlow is known (this one, KERASVIS2_TENSORFLOW_PYTHON, or the repository's
`.venv`), every view's arrays are compared with those that TensorFlow gives of the same file.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
BACKEND = os.environ.get("KERAS_BACKEND") or "tensorflow"
ONLY_ON = {
    "test_tensorflow_alone.py": ["tensorflow"],
    "test_torch_alone.py": ["torch"],
    "test_torch_modules.py": ["torch"],
    "test_jax_alone.py": ["jax"],
    "test_torch_distribution.py": ["torch"],
    "test_jax_distribution.py": ["jax"],
    "test_course_elsewhere.py": ["torch", "jax"],
    "test_same_arrays.py": ["torch", "jax"],  # as on TensorFlow
}
collect_ignore = [file for file, names in ONLY_ON.items() if BACKEND not in names]


def _with_tensorflow() -> str | None:
    given = os.environ.get("KERASVIS2_TENSORFLOW_PYTHON")
    for python in (given, str(ROOT / ".venv/bin/python"), sys.executable):
        if python and Path(python).exists():
            code = "import importlib.util as u; raise SystemExit(u.find_spec('tensorflow') is None)"
            if subprocess.run([python, "-c", code], check=False).returncode == 0:
                return python
    return None


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every model of `every_view` as a `.keras` file."""
    import every_view

    folder = tmp_path_factory.mktemp("models")
    for name, make in every_view.MODELS.items():
        make().save(folder / f"{name}.keras")
    return folder


@pytest.fixture(scope="session")
def here(files: Path) -> dict[str, np.ndarray]:
    """Every view's arrays on this backend, by "model/view/key"."""
    import every_view

    return every_view.computed(files)


@pytest.fixture(scope="session")
def there(files: Path) -> dict[str, np.ndarray]:
    """The same on TensorFlow."""
    python = _with_tensorflow()
    if python is None:
        pytest.skip("no interpreter with TensorFlow")
    environment = os.environ | {
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join(
            [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/backends")]
        ),
    }
    script = str(ROOT / "tests/backends/every_view.py")
    subprocess.run([python, script, str(files)], env=environment, check=True, timeout=1500)
    with np.load(files / "arrays.npz") as found:
        return {key.replace("|", "/"): array for key, array in found.items()}


@pytest.fixture(scope="session")
def sample() -> tuple[np.ndarray, np.ndarray]:
    """Images with a class that can be learned, and labels."""
    rng = np.random.default_rng(0)
    x, y = rng.random((64, 12, 10, 3), "float32"), np.arange(64) % 5
    x[np.arange(64), y, y] += 2.0
    return x, y
