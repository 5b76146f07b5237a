"""What something else writes, such as Terraform, which would undo a change behind its back: it gets a proposal in place of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from guardrails.drift.world import World
from guardrails.model.applying import Manager
from guardrails.model.changes import MANAGED_BY, Image
from guardrails.model.facts import AddressList, Asset, Key, Pairs, Policy, Principal
from guardrails.model.reference import Ref

__all__ = ["Managed", "managed_by", "manager_of_image"]

_TAG = "tag "
_PERMISSION_SET = "permission-set"
_CENTER = Manager(name="identity-center")


@dataclass(frozen=True, slots=True)
class Managed:
    """An object that something else writes.

    Attributes:
        by: What does.
        where: Where it is written down, as far as its tags say; empty when they do not.
        told: The same, each value by itself.
        tags: All that it has.
    """

    by: Manager
    where: str = ""
    told: tuple[str, ...] = ()
    tags: Pairs = ()


def managed_by(world: World) -> Callable[[Ref], Managed | None]:
    """Tells what writes an object, from what is declared and what was seen; `None` for what nobody else does."""
    declared = world.declaration.applying.managers
    marks: dict[Ref, tuple[str, Pairs]] = {ref: (name, tags) for ref, name, tags in _marks(world)}
    names = {manager.name: manager for manager in declared}

    def manager_of(ref: Ref) -> Managed | None:
        name, tags = marks.get(ref, ("", ()))
        if ref.kind == _PERMISSION_SET:
            # whoever changes its role in an account has it overwritten with the set
            return Managed(names.get(_CENTER.name, _CENTER), f"the permission set {ref.name}")
        for manager in declared:
            if _tagged(manager, tags) or any(world.is_named(reference, ref) for reference in manager.objects):
                return _by(manager, tags)
        return _by(names.get(name, Manager(name=name)), tags) if name else None

    return manager_of


def manager_of_image(world: World, image: Image) -> Managed | None:
    """What writes an object by its own image, where no fact tells its tags; `None` when nothing does."""
    tags = tuple((name.removeprefix(_TAG), "".join(values)) for name, values in image.fields if name.startswith(_TAG))
    for manager in world.declaration.applying.managers:
        if _tagged(manager, tags):
            return _by(manager, tags)
    return next((_by(Manager(name=name), tags) for name in image.values(MANAGED_BY)), None)


def _marks(world: World) -> Iterator[tuple[Ref, str, Pairs]]:
    tagged: Iterator[Principal | Asset | Key | AddressList] = chain(
        world.facts(Principal), world.facts(Asset), world.facts(Key), world.facts(AddressList)
    )
    yield from ((fact.ref, fact.managed_by, fact.tags) for fact in tagged)
    yield from ((fact.ref, fact.managed_by, ()) for fact in world.facts(Policy))


def _tagged(manager: Manager, tags: Pairs) -> bool:
    if manager.tag is None:
        return False
    key, value = manager.tag
    return any(name == key and value in {"", held} for name, held in tags)


def _by(manager: Manager, tags: Pairs) -> Managed:
    told = [(key, value) for key, value in tags if key in manager.told_by]
    return Managed(manager, ", ".join(f"{key} {value}" for key, value in told), tuple(value for _, value in told), tags)
