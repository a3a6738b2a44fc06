"""The tree against the definitions of RFC 6962, section 2.1, written as they stand there."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.seals.merkle import EMPTY, Frontier, Node, fold, last_leaf, leaf_hash, path_of, peaks_of, root_by_path

LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=130)


def split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    k = 1
    while 2 * k < count:
        k *= 2
    return k


def mth(data: list[bytes]) -> bytes:
    if not data:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = split(len(data))
    return hashlib.sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def audit_path(m: int, data: list[bytes]) -> list[bytes]:
    if len(data) == 1:
        return []
    k = split(len(data))
    if m < k:
        return [*audit_path(m, data[:k]), mth(data[k:])]
    return [*audit_path(m - k, data[k:]), mth(data[:k])]


def grown(data: list[bytes]) -> tuple[Frontier, dict[Node, bytes]]:
    """The tree, and every node under the leaf that completes it."""
    tree, nodes = Frontier(), {}
    for position, leaf in enumerate(data):
        for level, value in enumerate(tree.append(leaf_hash(leaf))):
            assert last_leaf((level, position >> level)) == position
            nodes[(level, position >> level)] = value
    return tree, nodes


@given(LEAVES)
def test_the_root_after_every_leaf(data: list[bytes]) -> None:
    tree = Frontier()
    assert tree.root() == EMPTY == mth([])
    for count, leaf in enumerate(data, 1):
        tree.append(leaf_hash(leaf))
        assert tree.root() == mth(data[:count])


@given(LEAVES, st.data())
def test_paths_in_trees_of_every_size(data: list[bytes], draw: st.DataObject) -> None:
    _, nodes = grown(data)
    size = draw.draw(st.integers(1, len(data)))
    position = draw.draw(st.integers(0, size - 1))
    path = [fold([nodes[node] for node in step]) for step in path_of(position, size)]
    assert path == audit_path(position, data[:size])
    assert root_by_path(leaf_hash(data[position]), position, size=size, path=path) == mth(data[:size])
    assert [nodes[node] for node in peaks_of(0, size)] == grown(data[:size])[0].peaks


@given(LEAVES, st.data())
def test_a_path_proves_nothing_else(data: list[bytes], draw: st.DataObject) -> None:
    position = draw.draw(st.integers(0, len(data) - 1))
    path, root, leaf = audit_path(position, data), mth(data), leaf_hash(data[position])
    assert root_by_path(leaf_hash(data[position] + b"x"), position, size=len(data), path=path) != root
    assert root_by_path(leaf, position, size=len(data), path=[*path, root]) is None
    assert root_by_path(leaf, len(data), size=len(data), path=path) is None
    for step in range(len(path)):
        changed = [*path[:step], bytes(32), *path[step + 1 :]]
        assert root_by_path(leaf, position, size=len(data), path=changed) != root
        assert root_by_path(leaf, position, size=len(data), path=[*path[:step], *path[step + 1 :]]) != root


def test_there_is_no_path_to_a_leaf_that_is_not_there() -> None:
    for position, size in ((0, 0), (3, 3), (-1, 3)):
        with pytest.raises(ValueError, match="no such leaf"):
            path_of(position, size)
