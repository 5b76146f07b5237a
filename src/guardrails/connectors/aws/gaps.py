"""What a call that failed leaves unseen."""

from __future__ import annotations

from guardrails.connectors.aws.api import Failed
from guardrails.model.facts import Gap
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason

__all__ = ["unseen"]

_REMEDIES = {
    GapReason.DENIED: "give the reader {0}",
    GapReason.THROTTLED: "read again when the account is less busy",
    GapReason.UNREACHABLE: "check the network and the endpoint, and read again",
}
_OTHERWISE = "read again; when it stays, make the call that takes {0} by hand and see what answers"
_SETTINGS = "compare the settings with what is there, and read again"


def unseen(system: str, account: str, what: str, failed: Failed, subject: Ref | None = None) -> Gap:
    """The gap, with the right that would close it when it was denied."""
    return Gap(
        system=system,
        realm=account,
        what=what,
        reason=failed.reason,
        message=f"{subject}: {failed.message}" if subject else failed.message,
        subject=subject,
        remedy=_REMEDIES.get(failed.reason, _OTHERWISE).format(failed.right) if failed.right else _SETTINGS,
        rights=failed.rights,
    )
