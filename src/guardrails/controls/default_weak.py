"""GR406: new storage is encrypted weaker than every class asks."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import UNREAD, Example, Forbidden, ref
from guardrails.model.facts import DefaultEncryption
from guardrails.model.words import AtRest, Kind, Severity, Verdict

_CLASSES = """\
classes:
  public: {}
  internal: {at-rest: service}
"""
_DISKS = ref("ebs-default", "eu-north-1")

CONTROL = Control(
    code="GR406",
    kind=Kind.DEFAULT_WEAK,
    severity=Severity.MEDIUM,
    title="New storage is encrypted weaker than every class asks",
    why="Whatever is made without a word about encryption will not even be what the weakest class asks for. The next asset is wrong "
    "before anybody has declared it.",
    clause="Cryptography",
    iso="8.24",
    remedy="Turn on encryption by default",
    allows=(
        Example(
            title="New disks are encrypted",
            declared=_CLASSES,
            seen=(DefaultEncryption(ref=_DISKS, at_rest=AtRest.SERVICE_KEY),),
        ),
    ),
    forbids=(
        Forbidden(
            title="New disks are not",
            declared=_CLASSES,
            seen=(DefaultEncryption(ref=_DISKS, at_rest=AtRest.NONE),),
            says="aws@111122223333:ebs-default/eu-north-1: what is new is not encrypted; every class asks for service or more",
        ),
        Forbidden(
            title="The reader may not see the default",
            declared=_CLASSES,
            seen=(DefaultEncryption(ref=_DISKS, at_rest=UNREAD),),
            says="aws@111122223333:ebs-default/eu-north-1: how what is new is encrypted was not seen: AccessDenied",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
