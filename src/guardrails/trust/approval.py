"""Whether enough members stand behind a plan. What a plan is, nobody here knows: it is bytes, an environment and an author.

A plan is `plan.json`, and `plan.json.dana.sig` is Dana's signature over its bytes, as `ssh-keygen -Y sign` writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrails.errors import Refused
from guardrails.trust.errors import UnreadableFile
from guardrails.trust.files import names_in, opened_folder, read_plain
from guardrails.trust.roster import Use
from guardrails.trust.sshsig import MAX_SIGNATURE_BYTES
from guardrails.trust.tally import Ballot, Unread, count, shortage

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from guardrails.trust.roster import Roster
    from guardrails.trust.tally import Signatures

__all__ = ["PLAN_NAMESPACE", "Approvers", "approvers", "plan_namespace", "read_signatures"]

PLAN_NAMESPACE: Final = "guardrails-plan-v1"


@dataclass(frozen=True, slots=True)
class Approvers:
    """The members who stand behind a plan, and why each other signature does not count."""

    signers: tuple[str, ...]
    ignored: tuple[str, ...] = ()


def plan_namespace(environment: str) -> str:
    """What a plan is signed for: what is approved for one environment is approved for no other."""
    return f"{PLAN_NAMESPACE}@{environment}"


def approvers(
    content: bytes, signatures: Signatures, roster: Roster, at: date, *, environment: str, author: str, quorum: int = 0
) -> Approvers:
    """The members who stand behind exactly these bytes on a day: as many as the roster asks for, or `quorum` where that is more.

    Raises:
        Refused: They are too few, or the roster is over.
    """
    if at > roster.expires_on:
        raise Refused(f"the roster expired on {roster.expires_on}", remedy="have the next version of the roster signed")
    ballot = Ballot(roster=roster, namespace=plan_namespace(environment), days=(at,), excluded=author or None)
    tally = count(content, signatures, ballot)
    if missing := shortage(tally, max(roster.threshold(Use.PLAN), quorum)):
        raise Refused(f"the plan {missing}", remedy="read it, and if you agree: guardrails approve PLAN --key YOUR-KEY")
    return Approvers(tuple(sorted(tally.signers)), tally.problems)


def read_signatures(path: Path, roster: Roster) -> Signatures:
    """The signatures that lie beside a plan. Only those that carry the name of a member are opened.

    Raises:
        UnreadableFile: The folder cannot be read.
    """
    files = {f"{path.name}.{member.id}.sig": member.id for member in roster.members}
    with opened_folder(path.parent) as folder:
        return {files[name]: _signature(name, folder) for name in names_in(folder) if name in files}


def _signature(name: str, folder: int) -> bytes | Unread:
    try:
        return read_plain(name, folder, MAX_SIGNATURE_BYTES)
    except UnreadableFile as error:
        return Unread(error.message)
