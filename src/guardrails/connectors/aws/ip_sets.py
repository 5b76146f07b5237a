"""IP sets of WAF, and the rules that let in by them: an IP set is an allowlist only where it is used so."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.connectors.aws.api import AwsApi, Failed, Found, listed
from guardrails.connectors.aws.gaps import unseen
from guardrails.connectors.aws.iam import tags_of
from guardrails.connectors.aws.meaning.firewall import Use
from guardrails.connectors.aws.web_acls import Used, used
from guardrails.model.facts import AddressList, Exposure, Gap, Reading
from guardrails.model.reference import Ref
from guardrails.model.words import Direction, GapReason
from guardrails.sets import AddressError, Addresses

__all__ = ["ip_sets"]

_GLOBAL = ("us-east-1", "CLOUDFRONT")
"""Where WAF is asked for what guards CloudFront, whichever regions are in use (WAF API Reference, ListIPSets)."""

Said = AddressList | Exposure | Gap | Reading


def ip_sets(system: str, account: str, api: AwsApi, regions: tuple[str, ...]) -> Iterator[Said]:
    """Every IP set, and every rule by which its addresses are let in or may be. Rules are read only where there are sets."""
    for region, scope in (_GLOBAL, *((region, "REGIONAL") for region in regions)):
        answer = api.ask("wafv2", "list_ip_sets", region, Scope=scope)
        if not isinstance(answer, Found):
            yield unseen(system, account, "waf", _failed(answer))
            continue
        found = list(listed(answer, "IPSets"))
        uses = used(api, region, scope) if found else ()
        if isinstance(uses, Failed):
            yield unseen(system, account, "waf", uses)
            uses = ()
        for one in found:
            ref = Ref(system=system, realm=account, kind="ip-set", id=str(one["ARN"]), name=str(one["Name"]))
            yield from _set(api, region, scope, ref, [use for use in uses if use.ip_set == ref.id])
        what = "ip-sets/cloudfront" if scope == "CLOUDFRONT" else f"ip-sets/{region}"
        yield Reading(system=system, realm=account, what=what, items=len(found), pages=answer.calls, calls=answer.calls)


def _set(api: AwsApi, region: str, scope: str, ref: Ref, uses: list[Used]) -> Iterator[Said]:
    answer = api.ask("wafv2", "get_ip_set", region, Name=ref.name, Scope=scope, Id=ref.id.rpartition("/")[2])
    tags = api.ask("wafv2", "list_tags_for_resource", region, ResourceARN=ref.id)
    addresses = None
    if isinstance(answer, Found) and isinstance(tags, Found) and (addresses := _addresses(answer)) is not None:
        version = str(answer.answer.get("LockToken") or "")
        yield AddressList(ref=ref, addresses=addresses, version=version, tags=tags_of(tags.answer["TagInfoForResource"], "TagList"))
    else:
        wrong = Failed(GapReason.MALFORMED, "GetIPSet: the answer holds no addresses", "wafv2:GetIPSet")
        yield unseen(ref.system, ref.realm, "waf", next((one for one in (answer, tags) if isinstance(one, Failed)), wrong), ref)
    for use in uses:
        yield from _exposed(ref, use, addresses)


def _failed(answer: object) -> Failed:
    return answer if isinstance(answer, Failed) else Failed(GapReason.INCOMPLETE, "ListIPSets: no answer")


def _addresses(answer: Found) -> tuple[str, ...] | None:
    """As WAF tells them, in order; `None` where they are none."""
    said = answer.answer["IPSet"].get("Addresses")
    try:
        Addresses.parse(said or ())
    except AddressError:
        return None
    return None if said is None else tuple(sorted(map(str, said)))


def _exposed(ref: Ref, used: Used, addresses: tuple[str, ...] | None) -> Iterator[Exposure]:
    """What rule lets in the whole set, or, where that hangs on something else, at most."""
    if used.use is Use.TURNS_AWAY or (used.use is Use.UNCLEAR and addresses == ()):
        return
    own = f"{used.owner}/{used.rule}/{used.use.value}/{ref.id}"
    rule, condition = (Ref(system=ref.system, realm=ref.realm, kind=kind, id=own, name=used.rule) for kind in ("waf-rule", "condition"))
    yield Exposure(
        ref=rule,
        target=ref,
        direction=Direction.IN,
        ports=("all",),
        addresses=(addresses or ()) if used.use is Use.UNCLEAR else (),
        through=condition if used.use is Use.UNCLEAR else ref,
    )
