"""An append-only Merkle tree as in RFC 6962, section 2.1 (Certificate Transparency): roots and inclusion paths.

A node is named (level, index): the root of the whole subtree over the leaves index * 2**level up to, but not with,
(index + 1) * 2**level. Level 0 holds the leaves' own hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

Node = tuple[int, int]
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The roots of the whole subtrees that a tree of `size` leaves falls into, largest first: all that is needed to
    append to it and to know its root."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[bytes]:
        """Add a leaf's hash; returns the nodes that it completes, the leaf itself first."""
        completed = [leaf]
        level = self.size
        while level & 1:
            completed.append(node_hash(self.peaks.pop(), completed[-1]))
            level >>= 1
        self.peaks.append(completed[-1])
        self.size += 1
        return completed

    def root(self) -> bytes:
        return fold(self.peaks) if self.peaks else EMPTY


def fold(peaks: Sequence[bytes]) -> bytes:
    """The root over neighbouring whole subtrees, largest first."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def peaks_of(begin: int, end: int) -> list[Node]:
    """The whole subtrees that leaves `begin` to `end` fall into; `begin` is a multiple of a power of two >= the
    rest."""
    nodes: list[Node] = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        nodes.append((level, begin >> level))
        begin += 1 << level
    return nodes


def path_of(position: int, size: int) -> list[list[Node]]:
    """PATH(position, D[size]): for each step from the leaf upwards the sibling, as nodes still to be folded."""
    if not 0 <= position < size:
        raise ValueError("the tree has no such leaf")
    steps: list[list[Node]] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + (1 << ((end - begin - 1).bit_length() - 1))
        if position < middle:
            steps.append(peaks_of(middle, end))
            end = middle
        else:
            steps.append(peaks_of(begin, middle))
            begin = middle
    return steps[::-1]


def root_by_path(leaf: bytes, position: int, *, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's hash and its path give; None where the path is not one of such a tree."""
    if not 0 <= position < size:
        return None
    root, last = leaf, size - 1
    for sibling in path:
        if last == 0:
            return None
        if position & 1 or position == last:
            root = node_hash(sibling, root)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        position, last = position >> 1, last >> 1
    return root if last == 0 else None


def last_leaf(node: Node) -> int:
    """The position of the leaf that completes a node."""
    level, index = node
    return ((index + 1) << level) - 1
