"""Managed prefix lists: EC2 itself refuses a write that names another version than the one in force, so nothing slips in between."""

from __future__ import annotations

from collections.abc import Iterable

from guardrails.connectors.aws.editing.kind import Statement, cut, digest, made, marked, require_own
from guardrails.connectors.aws.iam import tags_of
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import Action, Edit, Image, SetAddresses, difference
from guardrails.model.reference import Ref

__all__ = ["PrefixLists"]

_ENTRY, _REGION, _OWNER = "entry ", "region", "owner"
_BUSY, _FAILED = "-in-progress", "-failed"


class PrefixLists:
    """Each entry is a field of its own, with its description. The token of an image is the version."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """In whichever region it is."""
        for region in api.regions():
            told = api.found("ec2", "describe_managed_prefix_lists", region, PrefixListIds=[ref.id])
            if told and (lists := told["PrefixLists"]):
                meta = lists[0]
                state = str(meta.get("State", ""))
                if state.endswith((_BUSY, _FAILED)):
                    raise ConnectorError(f"{ref} is in the state {state}", remedy="wait until it is done, or look at it")
                entries = api.whole("ec2", "get_managed_prefix_list_entries", region, PrefixListId=ref.id)["Entries"]
                listed = {f"{_ENTRY}{entry['Cidr']}": (str(entry.get("Description") or ""),) for entry in entries}
                about: dict[str, Iterable[str]] = {
                    _REGION: (region,),
                    _OWNER: (str(meta.get("OwnerId", "")),),
                    **marked(tags_of(meta)),
                    "others": digest(meta.get("AddressFamily"), meta.get("MaxEntries")),
                }
                return Image.of({**listed, **about}, token=str(meta.get("Version") or ""))
        return None

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """Entries go, and parts of them come in their place."""
        require_own(image)
        if not isinstance(action, SetAddresses):
            raise ValueError("a prefix list has addresses alone")  # noqa: TRY004  # the port's word for it
        if image.values(_OWNER) != (action.rule.realm,):
            raise ValueError(f"it belongs to {' '.join(image.values(_OWNER))}")
        gone, come = cut(image, _ENTRY, action.addresses)
        return (
            *(Edit(field=name, removes=image.values(name)) for name in gone),
            *(Edit(field=f"{_ENTRY}{cidr}", adds=("",)) for cidr in come),
        )

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """One call for all entries, on the condition that the version is the one that was read."""
        (region,), changed = now.values(_REGION), difference(now, after)
        fresh = self.read(api, ref)
        if fresh is None or fresh != now:
            raise Conflict(f"{ref} is not as it was", remedy="plan again")
        asked = {
            "RemoveEntries": [{"Cidr": edit.field.removeprefix(_ENTRY)} for edit in changed if edit.removes],
            "AddEntries": [{"Cidr": edit.field.removeprefix(_ENTRY), "Description": edit.adds[0]} for edit in changed if edit.adds],
        }
        made(
            api,
            "ec2",
            "modify_managed_prefix_list",
            region,
            PrefixListId=ref.id,
            CurrentVersion=int(fresh.token or 0),
            **{name: entries for name, entries in asked.items() if entries},
        )

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Of this list alone."""
        where = [f"arn:aws:ec2:*:{ref.realm}:prefix-list/{ref.id}"]
        describes = {"Effect": "Allow", "Action": ["ec2:DescribeManagedPrefixLists", "ec2:DescribeRegions"], "Resource": ["*"]}
        writes = ["ec2:ModifyManagedPrefixList"] if tuple(edits) else []
        return (describes, {"Effect": "Allow", "Action": ["ec2:GetManagedPrefixListEntries", *writes], "Resource": where})
