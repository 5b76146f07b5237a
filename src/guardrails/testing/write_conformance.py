"""What everybody who writes must hold, whatever the system: one action is tried out on a real object, in sixteen ways.

```python
def test_the_writer_holds_to_its_contract():
    assert write_problems(Trial(connector=CONNECTOR, system=system, action=action, ...)) == ()
```

What a trial does not offer is not tried, and `untried` tells it: nobody should take it for held.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NoReturn

from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import GONE, Cas, Image, Irreversible, edited
from guardrails.model.steps import way
from guardrails.ports import Objects, Remediator, undo_of
from guardrails.testing.write_trial import Fault, Trial

__all__ = ["CHECKS", "Fault", "Trial", "untried", "write_problems"]


class _UntriedError(Exception):
    """The trial does not offer what a check takes."""


class _Stand:
    """The object before and after, and everything that was said about it."""

    def __init__(self, trial: Trial) -> None:
        trial.reset()
        self.trial = trial
        self.ref = trial.connector.touched(trial.action)
        self.reader: Objects = trial.connector.objects(trial.system)
        self.writer: Remediator = trial.connector.remediator(trial.system)
        found = self.reader.current(self.ref)
        if found is None:
            raise ConnectorError(f"{self.ref} is not there", remedy="try an action on an object that is")
        self.before = found
        edits = trial.connector.edits(trial.action, found, trial.known)
        self.after = edited(found, edits)
        self.way = way(trial.action, edits, self.before, self.after)
        self.said: list[str] = []

    def write(self) -> ConnectorError | Conflict | None:
        """Make the change, from where it is on its way; what went wrong."""
        return self._walked(self.way)

    def back(self) -> ConnectorError | Conflict | None:
        """Take it back; what went wrong."""
        return self._walked(self.way[::-1])

    def _walked(self, images: Sequence[Image]) -> ConnectorError | Conflict | None:
        here, steps = self.now(), list(pairwise(images))
        done = images.index(here) if here in images else 0
        try:
            for now, then in steps[min(done, len(steps) - 1) :]:
                self.writer.write(self.ref, now, then)
        except (Conflict, ConnectorError) as error:
            self.said += [str(error), repr(error), repr(error.__cause__)]
            return error
        return None

    def now(self) -> Image:
        found = self.reader.current(self.ref)
        return GONE if found is None else found


def _reads_the_same_twice(stand: _Stand) -> Iterator[str]:
    if stand.now() != stand.before or stand.writer.current(stand.ref) != stand.before:
        yield "an object that nobody touches reads otherwise each time, or otherwise for who writes"


def _broken_pages(_stand: _Stand) -> Iterator[str]:
    yield from _untried("one object has no pages; of what is read in pages, testing.broken holds the law")


def _denied_is_not_absent(stand: _Stand) -> Iterator[str]:
    if stand.trial.denied is None:
        _untried("no credential that may not read")
    try:
        found = stand.trial.connector.objects(stand.trial.denied).current(stand.ref)
    except ConnectorError as error:
        stand.said.append(str(error))
        return
    yield f"what may not be read reads as {'none' if found is None else 'something'}"


def _edits_are_pure(stand: _Stand) -> Iterator[str]:
    connector, action = stand.trial.connector, stand.trial.action
    made = {connector.edits(action, stand.before, stand.trial.known) for _ in range(3)}
    if len(made) > 1 or connector.touched(action) != connector.touched(action):
        yield "the same action on the same object is another edit each time"
    if stand.now() != stand.before:
        yield "asking for an edit has changed the object"


def _nothing_is_left_to_do(stand: _Stand) -> Iterator[str]:
    try:
        left = stand.trial.connector.edits(stand.trial.action, stand.after, stand.trial.known)
    except ValueError:
        return
    if edited(stand.after, left) != stand.after:
        yield "an object that is as it should be is edited again"


def _twice_is_once(stand: _Stand) -> Iterator[str]:
    first = stand.write()
    once = stand.trial.everything()
    second = stand.write()
    if first or stand.now() != stand.after:
        yield f"the object does not become what was planned: {first}"
    if second or stand.trial.everything() != once:
        yield f"asked for again, what is so already is changed or refused: {second}"


def _stale_is_refused(stand: _Stand) -> Iterator[str]:
    stand.trial.foreign()
    theirs = stand.trial.everything()
    if not isinstance(error := stand.write(), Conflict):
        yield f"an object that somebody else has changed is not refused: {error}"
    if stand.trial.everything() != theirs:
        yield "an object that somebody else has changed is written"


def _cut_is_told_by_reading(stand: _Stand) -> Iterator[str]:
    if not stand.trial.cuts:
        _untried("no connection that can be cut")
    for name, fault in stand.trial.cuts.items():
        again = _Stand(stand.trial)
        with fault():
            error = again.write()
        found = again.now()
        if found not in again.way or isinstance(error, Conflict) or (error is None and found != again.after):
            yield f"{name}: after {error} the object is neither as it was nor on its way"
        if again.write() or again.now() != again.after:
            yield f"{name}: it cannot be gone on afterwards"
        stand.said += again.said


def _dropped_is_seen(stand: _Stand) -> Iterator[str]:
    if stand.trial.dropped is None:
        _untried("no system that drops a write")
    with stand.trial.dropped():
        stand.write()
    if stand.now() == stand.after or (stand.writer.current(stand.ref) or GONE) == stand.after:
        yield "what the system dropped reads as written"


def _back_is_as_before(stand: _Stand) -> Iterator[str]:
    everything = stand.trial.everything()
    stand.write()
    if stand.trial.everything() == everything:
        yield "the write changes nothing in the system"
    if isinstance(undo_of(stand.trial.connector, stand.trial.action, stand.before), Irreversible):
        yield from _stays_as_made(stand)
        return
    if error := stand.back():
        yield f"it cannot be taken back: {error}"
    found = stand.now()
    if found.fingerprint != stand.before.fingerprint or stand.trial.everything() != everything:
        yield "taken back, it is not as it was"


def _stays_as_made(stand: _Stand) -> Iterator[str]:
    """What is said to be for good is refused to be taken back, and nothing else is made in the place of what is gone."""
    made = stand.trial.everything()
    if stand.back() is None:
        yield "it says that it cannot be taken back, and says of taking it back that it is done"
    if stand.trial.everything() != made:
        yield "it says that it cannot be taken back, and taking it back changes something"


def _busy_has_an_end(stand: _Stand) -> Iterator[str]:
    if stand.trial.busy is None:
        _untried("no system that asks to wait")
    begun = time.monotonic()
    with stand.trial.busy():
        error = stand.write()
    if time.monotonic() - begun > stand.trial.patience_seconds + 30:
        yield "a busy system is waited for without an end"
    if isinstance(error, Conflict) or (error is None and stand.now() != stand.after):
        yield f"of a busy system it is said: {error or 'done'}"


def _spelling_does_not_matter(stand: _Stand) -> Iterator[str]:
    if not stand.trial.respelled:
        _untried("no other spelling")
    for action in stand.trial.respelled:
        try:
            after = edited(stand.before, stand.trial.connector.edits(action, stand.before, stand.trial.known))
        except ValueError as error:
            yield f"{action} is not understood: {error}"
            continue
        if stand.trial.connector.touched(action) != stand.ref or after != stand.after:
            yield f"{action} is another edit than the same in other letters"


def _secrets_are_not_said(stand: _Stand) -> Iterator[str]:
    if not stand.trial.secrets:
        _untried("no secret to look for")
    stand.trial.foreign()
    stand.write()
    told = [*stand.said, *map(repr, (stand.writer, stand.reader, stand.before, stand.after, stand.trial.system))]
    for secret in stand.trial.secrets:
        if any(secret in text for text in told):
            yield "a secret is said in a message, an image or a repr"


def _rights_are_told(stand: _Stand) -> Iterator[str]:
    if stand.trial.used is None:
        _untried("no system that tells which rights were used")
    stand.write()
    used = stand.trial.used()
    if used != stand.trial.rights:
        more, less = sorted(used - stand.trial.rights), sorted(stand.trial.rights - used)
        yield f"the rights that are told are not those that are used: {more} used and not told, {less} told and not used"


def _large_is_no_trouble(stand: _Stand) -> Iterator[str]:
    if stand.trial.large is None:
        _untried("no large object")
    action, image = stand.trial.large
    begun = time.process_time()
    edited(image, stand.trial.connector.edits(action, image, stand.trial.known))
    if (took := time.process_time() - begun) > _LARGE_SECONDS:
        yield f"an edit of the largest object takes {took:.1f} s of CPU"


def _others_between_are_met(stand: _Stand) -> Iterator[str]:
    if stand.trial.interleaved is None:
        _untried("nobody who writes in between")
    if stand.trial.connector.cas(stand.ref, stand.before) is not Cas.NATIVE:
        _untried("the system does not compare, and the connector says so")
    stand.trial.foreign()
    theirs = stand.trial.everything()
    again = _Stand(stand.trial)
    with stand.trial.interleaved():
        error = again.write()
    if not isinstance(error, Conflict) or stand.trial.everything() != theirs:
        yield f"it claims that the system compares, and a write in between is lost: {error}"


_LARGE_SECONDS: Final = 5.0
CHECKS: Final[tuple[Callable[[_Stand], Iterator[str]], ...]] = (
    _reads_the_same_twice,
    _broken_pages,
    _denied_is_not_absent,
    _edits_are_pure,
    _nothing_is_left_to_do,
    _twice_is_once,
    _stale_is_refused,
    _cut_is_told_by_reading,
    _dropped_is_seen,
    _back_is_as_before,
    _busy_has_an_end,
    _spelling_does_not_matter,
    _secrets_are_not_said,
    _rights_are_told,
    _large_is_no_trouble,
    _others_between_are_met,
)
"""In the order in which the documentation numbers them, from 1."""


def write_problems(trial: Trial) -> tuple[str, ...]:
    """What does not hold, each with the number of its check; nothing when all that can be tried holds. The system is reset afterwards.

    Raises:
        ConnectorError: The object could not be read at all.
    """
    found, _ = _tried(trial)
    return found


def untried(trial: Trial) -> tuple[str, ...]:
    """What a trial cannot show, each with the number of its check and the reason."""
    _, missing = _tried(trial)
    return missing


def _tried(trial: Trial) -> tuple[tuple[str, ...], tuple[str, ...]]:
    problems, missing = [], []
    for number, check in enumerate(CHECKS, start=1):
        stand = _Stand(trial)
        try:
            problems += [f"{number}: {problem}" for problem in check(stand)]
        except _UntriedError as reason:
            missing.append(f"{number}: {reason}")
        finally:
            trial.reset()
    return tuple(problems), tuple(missing)


def _untried(reason: str) -> NoReturn:
    raise _UntriedError(reason)
