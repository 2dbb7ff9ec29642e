"""ES modules as one script, for a page that may load nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([a-z_]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|const|class)) (\w+)", re.MULTILINE)
_LIST = re.compile(r"^export \{([^}]*)\};\n", re.MULTILINE)


def bundle(main: str, source: Callable[[str], str]) -> str:
    """The module `main` and all that it imports, each a function of its own that runs once.

    Only what these modules use of the language is known: named imports and exports.

    Args:
        main: a module's name.
        source: gives a module's text by its name.

    Raises:
        ValueError: If a module has an import or export of another kind.
    """
    done: dict[str, str] = {}

    def add(name: str) -> None:
        if name in done:
            return
        text = source(name)
        for found in _IMPORT.finditer(text):
            add(found[2])
        done[name] = _wrapped(name, text)

    add(main)
    return '"use strict";\n' + "".join(done.values())


def _wrapped(name: str, text: str) -> str:
    exported = [found[2] for found in _EXPORT.finditer(text)]
    exported += [word.strip() for found in _LIST.finditer(text) for word in found[1].split(",")]
    text = _IMPORT.sub(lambda found: f"const {{{found[1]}}} = module_{found[2]};\n", text)
    text = _LIST.sub("", _EXPORT.sub(r"\1 \2", text))
    if re.search(r"^(import|export)\b", text, re.MULTILINE):
        raise ValueError(f"{name}.js has an import or export that cannot be bundled")
    names = ", ".join(filter(None, exported))
    return f"const module_{name} = (() => {{\n{text}\nreturn {{ {names} }};\n}})();\n"
