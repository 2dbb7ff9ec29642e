"""Blocks that repeat in a network, folded into one that says how often."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from kerasvis2.render.layout import Edge

_LONGEST = 40  # Boxes of a block at most.


@dataclass(frozen=True)
class Folded:
    """What is left of a network.

    Attributes:
        kept: The boxes that are drawn, as indices of those given, ascending.
        edges: (from, to) places in `kept`.
        repeats: (places in `kept`, how often) of each block that stands for several.
    """

    kept: list[int]
    edges: list[Edge]
    repeats: list[tuple[tuple[int, ...], int]]


def fold_repeats(looks: Sequence[Hashable], edges: Sequence[Edge]) -> Folded:
    """Keeps the first of blocks that follow one another and are alike.

    Blocks are alike where their boxes look alike, one by one, are wired alike inside, and are each
    fed by the block before in the same way; and where nothing but the first is fed from elsewhere,
    and nothing but the last feeds something else.

    Args:
        looks: Of each box what must be equal in boxes that are alike, in the network's order.
        edges: (from, to) indices of boxes.
    """
    count = len(looks)
    into: list[set[int]] = [set() for _ in range(count)]
    out: list[set[int]] = [set() for _ in range(count)]
    for start, end in edges:
        into[end].add(start)
        out[start].add(end)
    stands = list(range(count))  # The box that is drawn for each.
    runs: list[tuple[int, int, int]] = []
    first = 0
    while first < count:
        best: tuple[int, int, int] | None = None
        gained = 0
        for size in range(1, min(_LONGEST, (count - first) // 2) + 1):
            times = _times(first, size, looks, into, out)
            gain = (times - 1) * size
            if gain > gained and gain + size > 2:
                best, gained = (first, size, times), gain
        if best:
            best = _in_phase(best, looks, into, out)
            start, size, times = best
            runs.append(best)
            for place in range(start + size, start + size * times):
                stands[place] = start + (place - start) % size
            first = start + size * times
        else:
            first += 1
    kept = [box for box in range(count) if stands[box] == box]
    at = {box: place for place, box in enumerate(kept)}
    dropped = {
        place for first, size, times in runs for place in range(first + size, first + size * times)
    }
    left = {(at[stands[start]], at[end]): None for start, end in edges if end not in dropped}
    blocks = [
        (tuple(at[box] for box in range(first, first + size)), times) for first, size, times in runs
    ]
    return Folded(kept, [edge for edge in left if edge[0] != edge[1]], blocks)


def _in_phase(
    run: tuple[int, int, int],
    looks: Sequence[Hashable],
    into: Sequence[set[int]],
    out: Sequence[set[int]],
) -> tuple[int, int, int]:
    """The same run from where its blocks are left by their last box alone, if it has such a place.

    Blocks that repeat can be cut anywhere; from one sum to the next is how people think of them.
    """
    first, size, times = run
    for start in range(first, first + size):
        ways = [place for place in range(size) if _leaves(start + place, start, size, out)]
        if ways == [size - 1] and _times(start, size, looks, into, out) >= times:
            return start, size, times
    return run


def _times(
    first: int,
    size: int,
    looks: Sequence[Hashable],
    into: Sequence[set[int]],
    out: Sequence[set[int]],
) -> int:
    """How many blocks of so many boxes, from the first one on, are alike; 1 for none."""
    times = 1
    while True:
        start = first + size * times
        if start + size > len(looks) or not _follows(start, size, first, looks, into):
            break
        times += 1
    while times > 1 and not _closed(first, size, times, into, out):
        times -= 1
    return times


def _follows(
    start: int, size: int, first: int, looks: Sequence[Hashable], into: Sequence[set[int]]
) -> bool:
    """Whether the block at `start` is like the one before it, and fed by that alone."""
    before = start - size
    for place in range(size):
        here, there = start + place, before + place
        if looks[here] != looks[there]:
            return False
        inside = {source - start for source in into[here] if source >= start}
        if inside != {source - before for source in into[there] if source >= before}:
            return False
        outside = {source - start for source in into[here] if source < start}
        if any(source < -size for source in outside):
            return False
        if before > first and outside != {
            source - before for source in into[there] if source < before
        }:
            return False
        # What feeds the first block must come from as many places, or it is another kind of block.
        if before == first and bool(outside) != any(source < before for source in into[there]):
            return False
    return True


def _closed(
    first: int, size: int, times: int, into: Sequence[set[int]], out: Sequence[set[int]]
) -> bool:
    """Whether nothing but the last block feeds what comes after."""
    end = first + size * times
    for place in range(first, end - size):
        block = first + (place - first) // size * size
        if any(target >= block + 2 * size for target in out[place]):
            return False
    # The last block's ways out are those that inner blocks have to the next one.
    inner = {place % size for place in range(0, size) if _leaves(first + place, first, size, out)}
    last = {place for place in range(size) if _leaves(end - size + place, end - size, size, out)}
    return last <= inner


def _leaves(box: int, block: int, size: int, out: Sequence[set[int]]) -> bool:
    return any(target >= block + size for target in out[box])
