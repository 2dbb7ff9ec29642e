"""Token ids as words, by whatever vocabulary there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Words = tuple[tuple[str, ...], ...]


def words_of(ids: np.ndarray, tokens: Any) -> Words:
    """N rows of words for token ids (N, T).

    Args:
        ids: int64.
        tokens: a list with the word of id 0, 1, …; a dict from words to ids, as tokenizers keep
            it, or from ids to words; a layer or tokenizer with `get_vocabulary`, `id_to_token` or
            `convert_ids_to_tokens`; or a callable from one example's ids (T,) to T words, or from
            one id to its word.

    Raises:
        ValueError: it is none of these, or the callable does not give words.
    """
    lookup = _lookup(tokens)
    if lookup is not None:
        return tuple(tuple(lookup(int(i)) for i in row) for row in ids)
    return tuple(_called(tokens, row) for row in ids)


def _lookup(tokens: Any) -> Callable[[int], str] | None:
    """id → word, or None for a user's callable."""
    if isinstance(tokens, str):
        raise ValueError(f"tokens={tokens!r}; {ADVICE}")
    if isinstance(tokens, Mapping):
        table = _table(tokens)
        return lambda i: table.get(i, f"#{i}")
    if isinstance(tokens, (Sequence, np.ndarray)):
        listed = [_word(word) for word in tokens]
        return lambda i: listed[i] if 0 <= i < len(listed) else f"#{i}"
    for name in ("get_vocabulary", "get_vocab"):
        if callable(getattr(tokens, name, None)):
            return _lookup(getattr(tokens, name)())
    for name in ("id_to_token", "convert_ids_to_tokens"):
        method = getattr(tokens, name, None)
        if callable(method):
            return lambda i: _tried(method, i)
    if callable(tokens):
        return None
    raise ValueError(f"tokens is a {type(tokens).__name__}; {ADVICE}")


ADVICE = (
    "give a list with the word of id 0, 1, …, a tokenizer's vocabulary (a dict), or a callable "
    "from ids to words."
)


def _table(tokens: Mapping[Any, Any]) -> dict[int, str]:
    """id → word, of a dict in either direction; words that are numbers are words all the same."""
    backwards = any(isinstance(word, (str, bytes)) for word in tokens.values())
    pairs = tokens.items() if backwards else ((i, word) for word, i in tokens.items())
    try:
        return {int(i): _word(word) for i, word in pairs}
    except (TypeError, ValueError):
        raise ValueError(f"tokens is a dict, but not from words to ids or back; {ADVICE}") from None


def _called(function: Callable[[Any], Any], row: np.ndarray) -> tuple[str, ...]:
    """A user's callable on one example's ids, or on each."""
    try:
        found = function(row.copy())
        if not isinstance(found, (str, bytes)):
            words = tuple(_word(word) for word in found)
            if len(words) == len(row):
                return words
    except Exception:  # it may want single ids
        pass
    try:
        return tuple(_word(function(int(i))) for i in row)
    except Exception as error:
        raise ValueError(
            f"tokens: the callable gives {len(row)} words neither for the {len(row)} ids of one "
            f"example nor for single ids ({type(error).__name__}: {error})."
        ) from error


def _tried(method: Callable[[int], Any], i: int) -> str:
    try:
        return _word(method(i))
    except Exception:  # an id beyond the vocabulary, in the tokenizer's own words
        return f"#{i}"


def _word(word: Any) -> str:
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
