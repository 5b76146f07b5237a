"""What the access control list of a bucket gives, as statements of a policy, and what ownership and public access blocks leave of it.

S3 User Guide, "Access control list (ACL) overview", "Controlling ownership of objects", "Blocking public access". A list gives something on
the bucket and on what is written there; objects have lists of their own, which nobody reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from guardrails.connectors.aws.acl import ACL, BLOCKS_PUBLIC, ENFORCED, IGNORES_PUBLIC, LIMITS, RESTRICTS, is_for_everybody
from guardrails.iam.proof.statements import Statement, statements
from guardrails.model.facts import Policy, Setting
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref

__all__ = ["Lists"]

_READS = ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads")
_GIVES = {
    "READ": (_READS, ()),
    "WRITE": ((), ("s3:PutObject", "s3:DeleteObject")),
    "READ_ACP": (("s3:GetBucketAcl",), ()),
    "WRITE_ACP": (("s3:PutBucketAcl",), ()),
    "FULL_CONTROL": ((*_READS, "s3:GetBucketAcl", "s3:PutBucketAcl"), ("s3:PutObject", "s3:DeleteObject")),
}
"""On the bucket, and on what is in it; to objects of others than whoever wrote them it gives nothing."""
_ANYTHING = (("s3:*",), ("s3:*",))
_LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_LOGGER = "logging.s3.amazonaws.com"
"""The service behind that group; it writes logs of buckets of the same account alone."""

_Grant = Mapping[str, Any]


class Lists:
    """Those of the buckets of one observation."""

    def __init__(self, observation: Observation) -> None:
        found = {fact.ref: json.loads(fact.text) for fact in observation.facts if isinstance(fact, Policy) and fact.ref.kind == ACL}
        self._lists = {edge.source: (edge.target, found[edge.target]) for edge in observation.edges if edge.target in found}
        limits = (fact for fact in observation.facts if isinstance(fact, Setting) and fact.form == LIMITS)
        self._limits: dict[tuple[str, str], Mapping[str, Any]] = {(fact.ref.realm, fact.ref.id): json.loads(fact.text) for fact in limits}
        self.owners = {own["Owner"]["ID"]: bucket.realm for bucket, (_, own) in self._lists.items()}
        """The accounts that own a bucket that was seen, by the canonical id that lists know them by."""

    def statements(self, bucket: Ref) -> tuple[Statement, ...]:
        """What the list gives to others than the owner, where it may count; `doubts` where that hangs on what was not seen.

        What one of them is given has one pointer.
        """
        if bucket not in self._lists:
            return ()
        own, found = self._lists[bucket]
        given = list[Statement]()
        for name, grants in _by_grantee(found).items():
            counts = self._counts(bucket, grants)
            if counts is not False:
                said = (
                    replace(one, pointer=f"{own} {one.pointer}") for one in statements(_document(bucket.id, name, grants), padded=False)
                )
                given += said if counts else (one.doubted("whether the list counts") for one in said)
        return tuple(given)

    def grows(self, bucket: Ref, before: Lists) -> bool:
        """Whether the list gives something that it did not give before."""
        was, now = (side._lists.get(bucket, (bucket, {"Grants": []}))[1]["Grants"] for side in (before, self))  # noqa: SLF001  # its own kind
        return any(grant not in was for grant in now)

    def restricts(self, bucket: Ref) -> bool:
        """Whether a policy that S3 counts as public surely lets in nobody outside of the account."""
        return self._blocks(bucket, RESTRICTS) is True

    def without(self, bucket: Ref, pointers: Iterable[str]) -> tuple[Ref, str]:
        """The list without those to whom some statements are.

        Raises:
            ValueError: It cannot be written so, or not taken back, and why.
        """
        own, found = self._lists[bucket]
        if is_for_everybody(grant["Grantee"] for grant in found["Grants"]) and self._blocks(bucket, BLOCKS_PUBLIC) is not False:
            raise ValueError(f"a list with everybody in it is not taken where {BLOCKS_PUBLIC} may be on: have {IGNORES_PUBLIC} on as well")
        gone = {pointer.removeprefix(f"{own} ").partition(" ")[0] for pointer in pointers}
        kept = [grant for grant in found["Grants"] if _name(grant) not in gone]
        return own, json.dumps({**found, "Grants": kept}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def _counts(self, bucket: Ref, grants: list[_Grant]) -> bool | None:
        """Whether what is given to somebody is in force; `None`: that was not seen."""
        ownership = self._limits_of(bucket, bucket.id).get("ownership")
        if ownership == ENFORCED:
            return False
        ignored = self._blocks(bucket, IGNORES_PUBLIC) if is_for_everybody(grant["Grantee"] for grant in grants) else False
        if ignored:
            return False
        return None if ignored is None or ownership is None else True

    def _blocks(self, bucket: Ref, part: str) -> bool | None:
        """Whether the block of the bucket or of its account has a part of it on; `None`: one of both was not seen."""
        both = [self._limits_of(bucket, of).get("block") for of in (bucket.id, bucket.realm)]
        if any(part in block for block in both if block is not None):
            return True
        return None if None in both else False

    def _limits_of(self, bucket: Ref, of: str) -> Mapping[str, Any]:
        return self._limits.get((bucket.realm, f"{of}/limits"), {})


def _by_grantee(found: Mapping[str, Any]) -> dict[str, list[_Grant]]:
    """What each of them is given, but for the owner."""
    given: dict[str, list[_Grant]] = {}
    for grant in found["Grants"]:
        if not _is_owners(found, grant):
            given.setdefault(_name(grant), []).append(grant)
    return given


def _name(grant: _Grant) -> str:
    """An id, or the last word of a group."""
    grantee = grant["Grantee"]
    return str(next(grantee[key] for key in ("URI", "ID", "EmailAddress") if key in grantee)).rpartition("/")[2]


def _is_owners(found: Mapping[str, Any], grant: _Grant) -> bool:
    return bool(grant["Grantee"].get("ID") == found["Owner"]["ID"])


def _document(bucket: str, name: str, grants: list[_Grant]) -> str:
    head = {
        "Sid": f"{name} {', '.join(grant['Permission'] for grant in grants)}",
        "Effect": "Allow",
        "Principal": _principal(grants[0]["Grantee"]),
    }
    gives = [_GIVES.get(grant["Permission"], _ANYTHING) for grant in grants]
    parts = {where: sorted({action for each in gives for action in each[level]}) for level, where in enumerate((bucket, f"{bucket}/*"))}
    found = [{**head, "Action": actions, "Resource": where} for where, actions in parts.items() if actions]
    return json.dumps({"Version": "2012-10-17", "Statement": found}, sort_keys=True)


def _principal(grantee: Mapping[str, str]) -> dict[str, str]:
    """As a policy names it; a group that is not known is everybody, for whoever has an account may be in it."""
    if "URI" in grantee:
        return {"Service": _LOGGER} if grantee["URI"] == _LOGS else {"AWS": "*"}
    return {"CanonicalUser": grantee.get("ID", "") or grantee["EmailAddress"]}
