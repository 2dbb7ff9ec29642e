"""Pages of the site that live elsewhere in the repository, read by mkdocs as a hook.

The pages link to files outside `docs` as they lie in the repository, so that they can be read there
too. Here these files become pages of the site, and the links go to them.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
PAGES = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/RESULTS.md": "results.md",
}
LINK = re.compile(r"(\]\()([^)#:\s]+)([)#])")


def elsewhere() -> dict[str, str]:
    """Path in the repository → path on the site."""
    programs = sorted(path.name for path in (ROOT / "examples").glob("*.py"))
    return PAGES | {f"examples/{name}": f"examples/{name[:-3]}.md" for name in programs}


def on_files(files: Any, config: Any) -> Any:
    pages = elsewhere()
    for source, target in pages.items():
        files.append(File.generated(config, target, content=page(source)))
    lessons = sorted(
        file.src_uri for file in files if re.fullmatch(r"course/.*\.ipynb", file.src_uri)
    )
    if lessons:
        config["nav"].append({"Course": lessons})
    config["nav"].append({"Examples": [t for t in pages.values() if t.startswith("examples/")]})
    for section in config["nav"]:
        if "Inside" in section:
            section["Inside"].extend(PAGES.values())
    return files


def page(source: str) -> str:
    """The text of a file that becomes a page, with its links."""
    text = (ROOT / source).read_text(encoding="utf-8")
    if source.endswith(".py"):
        name = posixpath.basename(source)[:-3].replace("_", " ")
        text = f"# {name.capitalize()}\n\n`{source}`\n\n```python\n{text}```\n"
    return text


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links between files of the repository become links between pages."""
    pages = elsewhere()
    back = {target: source for source, target in pages.items()}
    here = page.file.src_uri
    source = back.get(here, f"docs/{here}")

    def lead(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[2]))
        on_site = pages.get(target, target.removeprefix("docs/"))
        there = posixpath.relpath(on_site, posixpath.dirname(here) or ".")
        return f"{match[1]}{there}{match[3]}"

    return LINK.sub(lead, markdown)
