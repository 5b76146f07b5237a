"""Each of the sixteen checks of who writes can fail: a writer in memory that is broken in just that way is told so."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from guardrails.errors import ConnectorError
from guardrails.model.changes import GONE, Cas, Delete, DetachPolicy, Edit, Image, RemoveMember
from guardrails.model.declaration import System
from guardrails.notation.document import read
from guardrails.testing.remedied import MemorySystem, MemoryWriter
from guardrails.testing.write_conformance import CHECKS, Trial, untried, write_problems
from plan.plans import AT

SECRET = "canary-of-a-writer"


class Denied:
    """Objects that nobody may read."""

    identity = "nobody"

    def itself(self):
        return ()

    def current(self, ref):
        raise ConnectorError(f"{ref}: denied", remedy="give the right")


class Writer(MemoryWriter):
    """The one in memory, where a system of another name may not be read."""

    def objects(self, system):
        return self._systems[system.name] if system.name in self._systems else Denied()


class Room:
    """A system with a user of two policies, and what can go wrong in it."""

    def __init__(self, system=None, writer=Writer) -> None:
        self.system = system or MemorySystem()
        self.ref = self.system.add("user", "ann", policies=("base", "extra"), other=("x",))
        self.held = dict(self.system.held)
        self.writer = writer({"memory": self.system})
        self.uses: set[str] = set()
        self.system.after_write = lambda _ref: self.uses.add("write")

    def reset(self):
        self.system.held = dict(self.held)
        self.system.told = {}
        self.uses.clear()

    def foreign(self):
        self.system.held[self.ref] = Image.of({**dict(self.system.held[self.ref].fields), "other": ("theirs",)})

    def hooked(self, name, hook):
        @contextmanager
        def fault():
            before = getattr(self.system, name)
            setattr(self.system, name, hook)
            try:
                yield
            finally:
                setattr(self.system, name, before)

        return fault

    def away(self, _ref):
        raise ConnectorError("cut", remedy="look")

    def undone(self, _ref):
        self.system.held = dict(self.held)

    def trial(self, **more):
        node, _ = read(b"{connector: memory}", "guardrails.yaml")
        system = System(name="memory", connector="memory", settings=node)
        given = {
            "connector": self.writer,
            "system": system,
            "action": DetachPolicy(holder=self.ref, policy=self.system.ref("policy", "extra")),
            "everything": lambda: dict(self.system.held),
            "reset": self.reset,
            "foreign": self.foreign,
            "respelled": (DetachPolicy(holder=self.ref, policy=replace(self.system.ref("policy", "extra"), id="other-id")),),
            "denied": replace(system, name="denied"),
            "cuts": {"before": self.hooked("before_write", self.away), "after": self.hooked("after_write", self.away)},
            "dropped": self.hooked("after_write", self.undone),
            "busy": self.hooked("before_write", self.away),
            "interleaved": self.hooked("before_write", lambda _ref: self.foreign()),
            "secrets": (SECRET,),
            "used": lambda: frozenset(self.uses),
            "rights": frozenset({"write"}),
            "large": (
                RemoveMember(group=self.ref, member=self.system.ref("user", "m7")),
                Image.of({"member": tuple(f"m{number}" for number in range(100_000))}),
            ),
        }
        return Trial(**given | more)


def test_the_system_in_memory_holds_all_that_there_is():
    trial = Room().trial()
    assert len(CHECKS) == 16
    assert write_problems(trial) == ()
    assert [line.split(":")[0] for line in untried(trial)] == ["2"]


def deleted(system=None):
    """A key that was disabled, and is deleted."""
    room = Room(system)
    key = room.system.add("key", "k", holder=("m7",), disabled=("true",))
    room.held = dict(room.system.held)
    action = Delete(ref=key, left=room.held[key].fingerprint, since=AT, plan="a" * 64)

    def foreign():
        room.system.held[key] = Image.of({"holder": ("m7",)})

    given = {"action": action, "foreign": foreign, "respelled": (), "large": None, "dropped": room.hooked("after_write", room.undone)}
    given["interleaved"] = room.hooked("before_write", lambda _ref: foreign())
    return room.trial(**given)


def test_a_writer_that_deletes_holds_all_that_there_is():
    assert write_problems(deleted()) == ()
    assert [line.split(":")[0] for line in untried(deleted())] == ["2", "12", "15"]


class Undying(MemorySystem):
    """Makes again what its connector says is gone for good."""

    def write(self, ref, before, after):
        if before == GONE:
            self.held[ref] = after
            return
        super().write(ref, before, after)


def test_a_writer_that_makes_again_what_is_gone_for_good_is_told():
    assert [line.split(":")[0] for line in write_problems(deleted(Undying()))] == ["10", "10"]


def test_what_is_not_offered_is_told_as_untried():
    bare = Room().trial(respelled=(), denied=None, cuts={}, dropped=None, busy=None, interleaved=None, secrets=(), used=None, large=None)
    assert write_problems(bare) == ()
    assert [line.split(":")[0] for line in untried(bare)] == ["2", "3", "8", "9", "11", "12", "13", "14", "15", "16"]


class Restless(MemorySystem):
    number = 0

    def current(self, ref):
        self.number += 1
        return Image.of({**dict(self.held[ref].fields), "time": (str(self.number // 2),)})


class Absenting(Writer):
    def objects(self, system):
        found = super().objects(system)
        if isinstance(found, Denied):
            found.current = lambda _ref: None
        return found


class Counting(Writer):
    number = 0

    def edits(self, action, image, known):
        self.number += 1
        made = super().edits(action, image, known)
        return (replace(made[0], adds=(str(self.number),)),)


class Zealous(Writer):
    def edits(self, action, image, known):
        try:
            return super().edits(action, image, known)
        except ValueError:
            return (Edit(field="policies", removes=image.values("policies")),)


class Grumbling(MemorySystem):
    def write(self, ref, before, after):
        if self.held.get(ref) == after:
            raise ConnectorError("it is so already", remedy="ask no more")
        super().write(ref, before, after)


class Careless(MemorySystem):
    def write(self, ref, before, after):  # noqa: ARG002  # it does not look
        self.before_write(ref)
        self.held[ref] = after
        self.after_write(ref)


class Halving(MemorySystem):
    """Empties the object, and then writes it."""

    def write(self, ref, before, after):
        if self.held.get(ref) not in {before, after}:
            super().write(ref, before, after)
        kept, self.held[ref] = self.held[ref], Image.of({})
        self.before_write(ref)
        self.held[ref] = kept
        super().write(ref, before, after)


class Believing(MemorySystem):
    """Says what it wrote, and does not look."""

    def __init__(self):
        super().__init__()
        self.told = {}

    def write(self, ref, before, after):
        super().write(ref, before, after)
        self.told = {ref: (self.held[ref], after)}

    def current(self, ref):
        held, after = self.told.get(ref, (None, None))
        return after if held is not None and self.held[ref] is held else self.held.get(ref)


class OneWay(MemorySystem):
    def write(self, ref, before, after):
        grown = set(after.values("policies")) - set(before.values("policies"))
        super().write(ref, before, before if grown and self.held[ref] == before else after)


class Impatient(MemorySystem):
    """Says that all is done when it was asked to wait."""

    def write(self, ref, before, after):
        try:
            super().write(ref, before, after)
        except ConnectorError:
            if self.held.get(ref) != before:
                raise


class ById(Writer):
    def edits(self, action, image, known):
        if isinstance(action, DetachPolicy) and action.policy.id != "id-of-extra":
            raise ValueError("no such policy")
        return super().edits(action, image, known)


class Chatty(MemorySystem):
    def __repr__(self):
        return f"<with {SECRET}>"


class Hungry(MemorySystem):
    def __init__(self):
        super().__init__()
        self.more = lambda: None

    def write(self, ref, before, after):
        super().write(ref, before, after)
        self.more()


class Slow(Writer):
    def edits(self, action, image, known):
        if len(image.values("member")) > 1000:
            end = time.process_time() + 5.2
            while time.process_time() < end:
                pass
        return super().edits(action, image, known)


class LookingFirst(MemorySystem):
    """Compares, and then writes, and claims that the system does it as one."""

    def write(self, ref, before, after):
        if self.held.get(ref) not in {before, after}:
            super().write(ref, before, after)
        self.before_write(ref)
        self.held[ref] = after
        self.after_write(ref)


def hungry():
    room = Room(Hungry())
    room.system.more = lambda: room.uses.add("delete everything")
    return room.trial()


BROKEN = {
    1: lambda: Room(Restless()).trial(),
    3: lambda: Room(writer=Absenting).trial(),
    4: lambda: Room(writer=Counting).trial(),
    5: lambda: Room(writer=Zealous).trial(),
    6: lambda: Room(Grumbling()).trial(),
    7: lambda: Room(Careless()).trial(),
    8: lambda: Room(Halving()).trial(),
    9: lambda: Room(Believing()).trial(),
    10: lambda: Room(OneWay()).trial(),
    11: lambda: Room(Impatient()).trial(),
    12: lambda: Room(writer=ById).trial(),
    13: lambda: Room(Chatty()).trial(),
    14: hungry,
    15: lambda: Room(writer=Slow).trial(),
    16: lambda: Room(LookingFirst()).trial(),
}


@pytest.mark.parametrize("number", BROKEN)
def test_a_writer_that_is_broken_in_one_way_is_told_by_its_check(number):
    told = {int(line.split(":")[0]) for line in write_problems(BROKEN[number]())}
    assert number in told


def test_a_system_that_does_not_compare_is_not_blamed_for_it():
    class Honest(Writer):
        def cas(self, ref, image):  # noqa: ARG002  # the port's
            return Cas.EMULATED

    trial = Room(LookingFirst(), Honest).trial()
    assert write_problems(trial) == ()
    assert "16: the system does not compare, and the connector says so" in untried(trial)
