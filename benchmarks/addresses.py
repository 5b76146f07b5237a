"""Address sets against netaddr."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache, partial

import netaddr
from measure import Case

from guardrails.sets import Addresses

PEER = f"netaddr {netaddr.__version__} IPSet"


def networks(seed: int, size: int) -> list[str]:
    """Networks of a company with many sites: mostly small, near each other, some within others."""
    draw = random.Random(seed)
    found = []
    for _ in range(size):
        length = draw.choice([16, 20, 22, 24, 24, 24, 26, 28, 30, 32, 32])
        found.append(str(netaddr.IPNetwork((draw.getrandbits(32), length), version=4).cidr))
    return found


def cases() -> Iterator[Case]:
    for size, runs in ((10_000, 5), (100_000, 3)):
        yield from _of(size, runs)


@lru_cache(maxsize=8)
def sets(size: int, seed: int):
    left, right = networks(2 * seed, size), networks(2 * seed + 1, size)
    return (Addresses.parse(left), Addresses.parse(right)), (netaddr.IPSet(left), netaddr.IPSet(right)), right


def _of(size: int, runs: int) -> Iterator[Case]:
    def case(question, prepare, ours, theirs, count=size):
        return Case(
            question=f"{question}, {size:,} networks",
            peer=PEER,
            unit="networks",
            count=count,
            prepare=prepare,
            ours=ours,
            theirs=theirs,
            runs=runs,
        )

    yield case(
        "read and merge",
        lambda seed: networks(seed, size),
        lambda texts: Addresses.parse(texts).size()[0],
        lambda texts: netaddr.IPSet(texts).size,
    )
    yield case("union of two sets", partial(sets, size), lambda q: (q[0][0] | q[0][1]).size()[0], lambda q: (q[1][0] | q[1][1]).size)
    yield case("difference of two sets", partial(sets, size), lambda q: (q[0][0] - q[0][1]).size()[0], lambda q: (q[1][0] - q[1][1]).size)
    yield case("is a set within another", partial(sets, size), lambda q: _within(q[0]), lambda q: _within_netaddr(q[1]))
    yield case(
        "is each network in a set",
        partial(sets, size),
        lambda q: [text in q[0][0] for text in q[2]],
        lambda q: [netaddr.IPNetwork(text) in q[1][0] for text in q[2]],
    )


def _within(sets: tuple[Addresses, Addresses]) -> list[bool]:
    left, right = sets
    return [left.covers(right), left.covers(left)]


def _within_netaddr(sets: tuple[netaddr.IPSet, netaddr.IPSet]) -> list[bool]:
    left, right = sets
    return [right.issubset(left), left.issubset(left)]
