"""Makes the README's badges: what `.ci/run` tests with, read from setup.cfg and test.sh.

python docs/make_badges.py
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TO = Path(__file__).parent / "pictures" / "badges"
LETTER, HEIGHT, PAD = 6.6, 20, 7  # pixels


def main() -> None:
    TO.mkdir(exist_ok=True)
    for name, version in versions().items():
        (TO / f"{name.lower()}.svg").write_text(badge(name, version), encoding="utf-8")


def versions() -> dict[str, str]:
    """Name → versions, as the badges say them."""
    setup = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    tested = (ROOT / "test.sh").read_text(encoding="utf-8")

    def floor(package: str) -> str:
        found = re.search(rf"^ +{package}>=([\d.]+)", setup, re.M)
        assert found
        return f"{found[1]} and newer"

    torch = re.search(r"torch==([\d.]+)", tested)
    python = re.search(r"python_requires = >=([\d.]+)", setup)
    assert torch
    assert python
    return {
        "Python": f"{python[1]} and newer",
        "Keras": floor("keras"),
        "TensorFlow": floor("tensorflow"),
        "PyTorch": torch[1],
        "JAX": floor("jax"),
    }


def badge(name: str, version: str) -> str:
    left, right = (round(len(words) * LETTER + 2 * PAD) for words in (name, version))
    text = 'y="14" font-family="DejaVu Sans,Verdana,sans-serif" font-size="11" fill="#fff"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT}" '
        f'role="img" aria-label="{name}: {version}"><title>{name}: {version}</title>'
        f'<rect width="{left}" height="{HEIGHT}" fill="#444"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="#2b5fa8"/>'
        f'<text x="{PAD}" {text}>{name}</text>'
        f'<text x="{left + PAD}" {text}>{version}</text></svg>\n'
    )


if __name__ == "__main__":
    main()
