"""How buckets are encrypted and keys rotated, in the sources of Terraform."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from guardrails.connectors.aws.written.finding import BY_NAME, Object, one_of
from guardrails.hcl.blocks import Block
from guardrails.hcl.texts import quoted_text
from guardrails.model.written import Wanted
from guardrails.written.attributes import attributes_set, values
from guardrails.written.cuts import Cut
from guardrails.written.listed import line_end
from guardrails.written.proving import Sketch
from guardrails.written.rewriting import NoPatch
from guardrails.written.terraform import Configuration, Resource

__all__ = ["EncryptionAim", "RotationAim"]

_ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"
_BY_DEFAULT = "apply_server_side_encryption_by_default"
_DAYS, _USUAL = " days", "365"


class EncryptionAim:
    """What is new in a bucket is encrypted in another way."""

    def __init__(self, wanted: Wanted) -> None:
        (edit,) = wanted.edits
        rule: Mapping[str, Any] = json.loads(edit.adds[0])["Rules"][0]["ApplyServerSideEncryptionByDefault"]
        self._wanted = {"sse_algorithm": rule["SSEAlgorithm"], "kms_master_key_id": rule.get("KMSMasterKeyID")}
        self._bucket = Object.of("aws_s3_bucket", wanted, ("bucket", wanted.ref.name))

    def _found(self, sources: Configuration) -> tuple[Resource, Block] | None:
        said = [one for one in sources.of(_ENCRYPTION) if self._bucket.is_meant(sources, one, one.body.get("bucket"))]
        own = self._bucket.resource(sources)
        if own is not None and (older := own.body.of("server_side_encryption_configuration")):
            if said:
                raise NoPatch("it is written out twice", own.place)
            return own, _one(own, [rule for block in older for rule in block.body.of("rule")])
        if not said:
            return None
        resource = one_of(said, "how it is encrypted")
        return resource, _one(resource, resource.body.of("rule"))

    def sketch(self, sources: Configuration) -> Sketch:
        """The algorithm and the key become others, or a resource comes behind the bucket."""
        found = self._found(sources)
        note = "" if self._bucket.is_sure(sources) else BY_NAME
        if found is None:
            return self._made(sources, note)
        resource, block = found
        sources.require_once(resource)
        cuts = list(attributes_set(resource, block, self._wanted))
        return Sketch(path=resource.path, place=resource.at(block.start), cuts=cuts, note=note)

    def _made(self, sources: Configuration, note: str) -> Sketch:
        own = self._bucket.required(sources)
        sources.require_once(own)
        text, end = own.text, "\r\n" if "\r\n" in own.text else "\n"
        at = line_end(text, own.block.end)
        if text[own.block.end : at].strip():
            raise NoPatch("something else stands in its lines", own.place)
        if any(one.type == _ENCRYPTION and one.block.labels[1] == own.block.labels[1] for one in sources.resources):
            raise NoPatch("a resource of the name that would be taken is there already", own.place)
        inner = [f"      {name} = {quoted_text(value)}" for name, value in self._wanted.items() if value is not None]
        lines = [
            "" if text[:at].endswith("\n") else end,
            f'resource "{_ENCRYPTION}" {quoted_text(own.block.labels[1])} {{',
            f"  bucket = {own.address}.id",
            "  rule {",
            f"    {_BY_DEFAULT} {{",
            *inner,
            "    }",
            "  }",
            "}",
        ]
        told = end.join(lines) + end
        return Sketch(path=own.path, place=own.place, cuts=[Cut(at, at, told)], note=note, more=1)

    def is_met(self, sources: Configuration) -> bool:
        """It is written out so."""
        found = self._found(sources)
        try:
            return found is not None and values(found[1], self._wanted) == self._wanted
        except LookupError:
            return False


def _one(resource: Resource, rules: list[Block] | tuple[Block, ...]) -> Block:
    found = [block for rule in rules for block in rule.body.of(_BY_DEFAULT)]
    if len(found) != 1:
        raise NoPatch(f"it has {len(found)} blocks {_BY_DEFAULT} that are written out", resource.place)
    return found[0]


class RotationAim:
    """A key is rotated each so many days."""

    def __init__(self, wanted: Wanted) -> None:
        (edit,) = wanted.edits
        days = edit.adds[0].removesuffix(_DAYS)
        self._wanted: dict[str, object] = {"enable_key_rotation": True, "rotation_period_in_days": int(days)}
        self._is_usual = days == _USUAL
        self._key = Object(
            type="aws_kms_key", name=wanted.ref.name, values=(("key_id", wanted.ref.name), ("arn", wanted.ref.id)), told=wanted.told
        )

    def _of(self, resource: Resource) -> dict[str, object]:
        """Without the period where it is the usual one and nobody says another."""
        is_said = resource.body.get("rotation_period_in_days") is not None
        return self._wanted if is_said or not self._is_usual else {"enable_key_rotation": True}

    def _resource(self, sources: Configuration) -> Resource:
        found = self._key.resource(sources)
        if found is None:
            raise NoPatch(sources.problem or "only the state says which key it is: --source terraform=DIR,STATE.json")
        return found

    def sketch(self, sources: Configuration) -> Sketch:
        """Both attributes."""
        found = self._resource(sources)
        sources.require_once(found)
        cuts = list(attributes_set(found, found.block, self._of(found)))
        return Sketch(path=found.path, place=found.place, cuts=cuts)

    def is_met(self, sources: Configuration) -> bool:
        """They are written out so."""
        found = self._resource(sources)
        try:
            return values(found.block, self._of(found)) == self._of(found)
        except LookupError:
            return False
