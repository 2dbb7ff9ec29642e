"""How the tensors that a model is called with are known."""

from __future__ import annotations

from typing import Any


def named(batch: Any) -> dict[str, Any]:
    """A batch's tensors by name: "input", or the names or places of several."""
    if isinstance(batch, dict):
        return {str(key): tensor for key, tensor in batch.items()}
    if isinstance(batch, (list, tuple)):
        return {f"input {i}": tensor for i, tensor in enumerate(batch)}
    return {"input": batch}
