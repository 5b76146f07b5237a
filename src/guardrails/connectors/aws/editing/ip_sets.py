"""IP sets of WAF: the whole list is put at once, and WAF itself refuses it when the set was written since it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guardrails.connectors.aws.api import Failed
from guardrails.connectors.aws.editing.kind import Statement, cut, made, marked, require_own
from guardrails.connectors.aws.iam import tags_of
from guardrails.connectors.aws.meaning.firewall import Use
from guardrails.connectors.aws.single import SingleApi
from guardrails.connectors.aws.web_acls import used
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import Action, Edit, Image, SetAddresses
from guardrails.model.reference import Ref

__all__ = ["IpSets"]

_ENTRY, _NOTE, _FAMILY, _USED = "address ", "description", "family", "used"
_MOST = 10_000
"""Addresses in one set (AWS WAF Developer Guide, "AWS WAF quotas")."""
_FASTER = "WAFOptimisticLockException"


class IpSets:
    """Each address is a field of its own, for a set has no order. The token of an image is the lock token."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """With what the rules of web ACLs and rule groups do with it."""
        where = _where(ref)
        told = api.found("wafv2", "get_ip_set", _region(ref), **where)
        if told is None:
            return None
        tags = api.whole("wafv2", "list_tags_for_resource", _region(ref), ResourceARN=ref.id)["TagInfoForResource"]
        uses = used(api, _region(ref), where["Scope"])
        if isinstance(uses, Failed):
            raise ConnectorError(f"aws: {uses.message}", remedy=f"give the credential {uses.right or 'what the call takes'}")
        said = told["IPSet"]
        about: dict[str, Iterable[str]] = {
            _FAMILY: (str(said.get("IPAddressVersion")),),
            _NOTE: (str(said["Description"]),) if said.get("Description") else (),
            _USED: sorted({f"{one.rule} {one.use.value}" for one in uses if one.ip_set == ref.id}),
            **marked(tags_of(tags, "TagList")),
        }
        if "Addresses" not in said:
            raise ConnectorError(f"aws: GetIPSet: the answer for {ref} lacks its addresses", remedy="look at it")
        return Image.of({**{f"{_ENTRY}{cidr}": ("",) for cidr in said["Addresses"]}, **about}, token=str(told.get("LockToken") or ""))

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """Addresses go, and parts of them come in their place, where fewer addresses let in fewer."""
        require_own(image)
        if not isinstance(action, SetAddresses):
            raise ValueError("an IP set has addresses alone")  # noqa: TRY004  # the port's word for it
        for use in image.values(_USED):
            if not use.endswith(f" {Use.LETS_IN.value}"):
                raise ValueError(f"{use} its addresses, so that fewer may let in more: give what is let in a set of its own")
        gone, come = cut(image, _ENTRY, action.addresses)
        _require_taken(image, come, sum(name.startswith(_ENTRY) for name, _ in image.fields) - len(gone) + len(come))
        return (*(Edit(field=name, removes=("",)) for name in gone), *(Edit(field=f"{_ENTRY}{cidr}", adds=("",)) for cidr in come))

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """One call for the whole list, on the condition that the set is the one that was read."""
        fresh = self.read(api, ref)
        if fresh is None or fresh != now:
            raise Conflict(f"{ref} is not as it was", remedy="plan again")
        note = {"Description": after.values(_NOTE)[0]} if after.values(_NOTE) else {}
        listed = [name.removeprefix(_ENTRY) for name, _ in after.fields if name.startswith(_ENTRY)]
        try:
            made(api, "wafv2", "update_ip_set", _region(ref), **_where(ref), **note, Addresses=listed, LockToken=fresh.token)
        except ConnectorError as error:
            # a call of ours that got no answer is made again by the SDK, and is then the one that was faster
            if _FASTER not in str(error) or self.read(api, ref) == after:
                raise
            raise Conflict(f"{ref} is not as it was: somebody was faster", remedy="plan again") from error

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Of this set alone; what uses it can be any rule of its scope."""
        lists = {"Effect": "Allow", "Action": ["wafv2:ListWebACLs", "wafv2:ListRuleGroups"], "Resource": ["*"]}
        place = ref.id.partition("/")[0]
        rules = {
            "Effect": "Allow",
            "Action": ["wafv2:GetWebACL", "wafv2:GetRuleGroup"],
            "Resource": [f"{place}/webacl/*", f"{place}/rulegroup/*"],
        }
        writes = ["wafv2:UpdateIPSet"] if tuple(edits) else []
        own = {"Effect": "Allow", "Action": ["wafv2:GetIPSet", "wafv2:ListTagsForResource", *writes], "Resource": [ref.id]}
        return lists, rules, own


def _require_taken(image: Image, come: Iterable[str], number: int) -> None:
    """What WAF would refuse is held.

    Raises:
        ValueError: And why.
    """
    family = "IPV6" if image.values(_FAMILY) == ("IPV6",) else "IPV4"
    for cidr in come:
        if cidr.endswith("/0"):
            raise ValueError(f"AWS WAF takes no {cidr}: write it as two halves")
        if (":" in cidr) is not (family == "IPV6"):
            raise ValueError(f"{cidr} is no address of {family}, which is all that the set takes")
    if number > _MOST:
        raise ValueError(f"it would hold {number} addresses, and AWS WAF takes {_MOST}: declare networks that are wider or fewer")


def _where(ref: Ref) -> Mapping[str, str]:
    """What a call names it by: `arn:aws:wafv2:REGION:ACCOUNT:regional/ipset/NAME/ID`."""
    scope, _, name, identifier = ref.id.rpartition(":")[2].split("/")
    return {"Name": name, "Scope": "CLOUDFRONT" if scope == "global" else "REGIONAL", "Id": identifier}


def _region(ref: Ref) -> str:
    return "us-east-1" if ref.id.rpartition(":")[2].startswith("global/") else ref.id.split(":")[3]
