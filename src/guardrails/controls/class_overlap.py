"""GR507: selectors of several assets overlap."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, bucket
from guardrails.model.words import Kind, Severity

_ASSETS = """\
classes:
  public: {}
assets:
  website: {class: public, owner: "team:data", accepted: ISG-2026-014, match: {aws: ["arn:aws:s3:::website"]}}
  images: {class: public, owner: "team:data", accepted: ISG-2026-015, match: {aws: ["arn:aws:s3:::images"]}}
"""
_SEEN = (bucket("website"), bucket("images"))

CONTROL = Control(
    code="GR507",
    kind=Kind.CLASS_OVERLAP,
    severity=Severity.LOW,
    title="Selectors of several assets overlap",
    why="One thing is declared as two, with two owners and perhaps two classes. The higher class counts, and each owner may think that the "
    "other looks after it.",
    clause="Acceptance of assets",
    iso="5.9, 5.12",
    remedy="Narrow one of the selectors; until then the highest class counts",
    allows=(Example(title="Each bucket is one asset", declared=_ASSETS, seen=_SEEN),),
    forbids=(
        Forbidden(
            title="One bucket is two",
            declared=_ASSETS.replace('"arn:aws:s3:::images"', '"arn:aws:s3:::images", "arn:aws:s3:::website"'),
            seen=_SEEN,
            says="aws@111122223333:bucket/website: matched by images and website; the highest class counts",
        ),
    ),
)
