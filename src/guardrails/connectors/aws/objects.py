"""Single objects of AWS: read with the read credential, and written with the one that writes.

What was written may not be seen at once: answers come from copies that lag behind. So after a write the object is read until it is as it
should be, for a bounded time, and an answer that is as it was before our own write is taken for an old one as long as that time runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from guardrails.connectors.aws.editing import KINDS
from guardrails.connectors.aws.editing.kind import Passing
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import GONE, Image
from guardrails.model.reference import Ref

__all__ = ["AwsObjects", "AwsRemediator", "Patience", "Sessions", "caller"]

_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an object is waited for, and how the time passes."""

    seconds: float = 30.0
    clock: Callable[[], float] = field(default=time.monotonic)
    sleep: Callable[[float], None] = field(default=time.sleep)

    def turns(self) -> Iterator[None]:
        """Once at once, then after ever longer waits until the time is over."""
        end, wait = self.clock() + self.seconds, 0.25
        yield
        while self.clock() < end:
            self.sleep(wait)
            wait = min(2 * wait, 4.0)
            yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """As whom objects are asked for.

    Attributes:
        identity: The ARN that logged in.
        of: The session for an object.
        own: The principals that all of these sessions are.
        writer: The name of the role that writes in each account; empty where there is none.
    """

    identity: str
    of: Callable[[Ref], SingleApi]
    own: Callable[[], Iterable[Ref]]
    writer: str = ""


def caller(system: str, api: SingleApi) -> tuple[str, str, tuple[Ref, ...]]:
    """The account, ARN and principal of a session; the root user is none.

    Raises:
        ConnectorError: It cannot be told.
    """
    told = api.whole("sts", "get_caller_identity")
    account, arn, identifier = str(told["Account"]), str(told["Arn"]), str(told["UserId"]).partition(":")[0]
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "root":
        return account, arn, ()
    if kind == "assumed-role":
        kind, name = "role", name.partition("/")[0]
    return account, arn, (Ref(system=system, realm=account, kind=kind, id=identifier, name=name.rpartition("/")[2]),)


class AwsObjects:
    """Reads objects one by one."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._own: tuple[Ref, ...] | None = None
        self.identity = sessions.identity

    def itself(self) -> tuple[Ref, ...]:
        """The one that logged in, and the roles that it becomes."""
        if self._own is None:
            self._own = tuple(self._sessions.own())
        return self._own

    def writers(self) -> tuple[Ref, ...]:
        """The roles that write; who writes without one is not known before it logs in."""
        return tuple(ref for ref in self.itself() if (ref.kind, ref.name) == ("role", self._sessions.writer))

    def current(self, ref: Ref) -> Image | None:
        """The object as it is now.

        Raises:
            ConnectorError: It cannot be told.
        """
        kind = KINDS.get(ref.kind)
        if kind is None:
            raise ConnectorError(f"{ref}: a {ref.kind} of AWS is not read by itself", remedy="plan again")
        return kind.read(self._sessions.of(ref), ref)


class AwsRemediator(AwsObjects):
    """Writes objects one by one. Next to nothing of AWS compares when it writes, so an object is read just before and just after."""

    def __init__(self, sessions: Sessions, patience: Patience) -> None:
        super().__init__(sessions)
        self._patience = patience
        self._former: dict[Ref, frozenset[Image]] = {}

    def current(self, ref: Ref) -> Image | None:
        """The object as it is now; as it was before a write of ours only when it stays so."""
        image = super().current(ref)
        if image in self._former.get(ref, frozenset()):
            for _ in self._patience.turns():
                image = super().current(ref)
                if image not in self._former[ref]:
                    break
        return image

    def write(self, ref: Ref, before: Image, after: Image) -> None:
        """Make the object `after`, if it is `before`.

        Raises:
            Conflict: It is neither, and was left alone.
            ConnectorError: Nobody can tell whether it was written.
        """
        now = self.current(ref)
        if _there(now) == after:
            return
        if now is None or now != before:
            raise Conflict(f"{ref} is not as it was", remedy="plan again")
        self._make(ref, now, after)
        self._former[ref] = (self._former.get(ref, frozenset()) | {before}) - {after}
        self._settle(ref, after)

    def _make(self, ref: Ref, now: Image, after: Image) -> None:
        """Write, and write again what passed without a word, as long as the object is as it was."""
        for left in reversed(range(_TRIES)):
            try:
                KINDS[ref.kind].write(self._sessions.of(ref), ref, now, after)
            except ConnectorError as error:
                seen = _there(AwsObjects.current(self, ref))
                if seen == after:
                    return
                if seen != now or not isinstance(error, Passing) or not left:
                    raise
                self._patience.sleep(2.0 ** (_TRIES - left - 1))
            else:
                return

    def _settle(self, ref: Ref, after: Image) -> None:
        for _ in self._patience.turns():
            if _there(AwsObjects.current(self, ref)) == after:
                return
        raise ConnectorError(f"{ref} does not read as it was written, {self._patience.seconds:.0f} s later", remedy="look at it")


def _there(image: Image | None) -> Image:
    return GONE if image is None else image
