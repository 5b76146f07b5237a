"""The tree of RFC 6962: known roots, and proofs that hold for what is so and for nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.trust.log.merkle import EMPTY, Frontier, Tree, grew, is_included, leaf_hash

# the records and roots that implementations of Certificate Transparency test themselves with
RECORDS = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves_of(count):
    return [leaf_hash(b"%d" % number) for number in range(count)]


def root_of(leaves):
    return Tree(leaves).root


def naive(leaves):
    """Straight from the text of RFC 6962, 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return hashlib.sha256(b"\x01" + naive(leaves[:middle]) + naive(leaves[middle:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_that_everybody_has(size):
    assert root_of([leaf_hash(record) for record in RECORDS[:size]]).hex() == ROOTS[size - 1]


def test_no_records_have_the_hash_of_nothing():
    assert root_of([]) == EMPTY == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(70))
def test_a_tree_that_grows_has_the_root_of_the_whole(size):
    assert Frontier().grown(leaves_of(size)).root == root_of(leaves_of(size)) == naive(leaves_of(size))


@given(st.integers(0, 60), st.integers(0, 60))
def test_it_does_not_matter_in_how_many_steps_a_tree_grows(first, second):
    leaves = leaves_of(first + second)

    assert Frontier().grown(leaves[:first]).grown(leaves[first:]) == Frontier().grown(leaves)


@pytest.mark.parametrize("size", range(1, 34))
def test_each_leaf_is_proved_to_be_in_the_tree_at_its_place_and_at_no_other(size):
    leaves = leaves_of(size)
    root = root_of(leaves)
    for index, leaf in enumerate(leaves):
        proof = Tree(leaves).inclusion(index)

        assert is_included(leaf, index, size, root, proof)
        assert [other for other in range(-1, size + 1) if is_included(leaf, other, size, root, proof)] == [index]


@pytest.mark.parametrize("size", range(34))
def test_a_tree_is_proved_to_have_grown_from_each_of_its_beginnings(size):
    leaves = leaves_of(size)
    for before in range(size + 1):
        proof = Tree(leaves).consistency(before)

        assert grew(before, root_of(leaves[:before]), size, root_of(leaves), proof)


def flips(proof):
    for at, step in enumerate(proof):
        yield [*proof[:at], bytes([step[0] ^ 1]) + step[1:], *proof[at + 1 :]]
        yield [*proof[:at], *proof[at + 1 :]]
        yield [*proof[:at], step, *proof[at:]]
    yield [*proof, EMPTY]


@given(st.integers(2, 40), st.data())
def test_a_changed_proof_of_growth_proves_nothing(size, data):
    before = data.draw(st.integers(1, size - 1))
    leaves = leaves_of(size)
    old, new = root_of(leaves[:before]), root_of(leaves)

    for changed in flips(Tree(leaves).consistency(before)):
        assert not grew(before, old, size, new, changed)


@given(st.integers(1, 40), st.data())
def test_a_changed_proof_of_inclusion_proves_nothing(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)

    for changed in flips(Tree(leaves).inclusion(index)):
        assert not is_included(leaves[index], index, size, root_of(leaves), changed)


@given(st.integers(2, 40), st.data())
def test_a_rewritten_beginning_did_not_grow_into_the_tree(size, data):
    before = data.draw(st.integers(1, size - 1))
    leaves = leaves_of(size)
    forged = leaves[: data.draw(st.integers(0, before - 1))]
    forged += [leaf_hash(b"forged")] * (before - len(forged))

    assert not grew(before, root_of(forged), size, root_of(leaves), Tree(leaves).consistency(before))


@pytest.mark.parametrize(("before", "size"), [(3, 2), (-1, 2)])
def test_a_tree_did_not_grow_from_more_records_or_from_fewer_than_none(before, size):
    assert not grew(before, EMPTY, size, root_of(leaves_of(size)), ())


def test_from_nothing_everything_grew_and_needs_no_proof():
    assert grew(0, EMPTY, 2, root_of(leaves_of(2)), ())
    assert not grew(0, root_of(leaves_of(1)), 2, root_of(leaves_of(2)), ())
    assert not grew(0, EMPTY, 2, root_of(leaves_of(2)), (EMPTY,))


def test_without_steps_nothing_grew_from_a_part_of_a_subtree():
    assert not grew(3, root_of(leaves_of(3)), 5, root_of(leaves_of(5)), ())


@pytest.mark.parametrize("index", [-1, 2])
def test_there_is_no_proof_of_what_is_not_there(index):
    with pytest.raises(IndexError):
        Tree(leaves_of(2)).inclusion(index)
    with pytest.raises(IndexError):
        Tree(leaves_of(1)).consistency(index)
