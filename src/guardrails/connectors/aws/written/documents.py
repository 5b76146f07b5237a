"""Policy documents in the sources of Terraform, in every form in which they can be written out, and how each is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from guardrails.connectors.aws.written.statements import BLOCKS, document
from guardrails.hcl.texts import quoted_text
from guardrails.hcl.tree import Call, Node, NotRead, Reference, Text, line_of
from guardrails.written.cuts import Cut, applied
from guardrails.written.dialects import HCL, JSON, JSON_IN_TEMPLATE, Dialect
from guardrails.written.documents import alike
from guardrails.written.json_form import read_json
from guardrails.written.named_files import named_file
from guardrails.written.proving import Sketch
from guardrails.written.rewriting import Known, NoPatch, known_by, rewritten, said, told
from guardrails.written.terraform import Configuration, Resource

__all__ = ["DocumentAim", "Spot"]

Spot = tuple[Resource, Node]
"""An attribute of a resource that is a document."""
_SOURCE = "aws_iam_policy_document"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A document as it stands in a file; `within` is set where the text is that of a quoted text there."""

    path: str
    text: str
    node: Node
    dialect: Dialect
    at: int
    within: Text | None = None


class DocumentAim:
    """A document says something else."""

    _DRIFTED: ClassVar[str] = "what it says is not what is so: apply it, or bring it up to date, and plan again"

    def __init__(self, find: Callable[[Configuration], Spot], seen: object, wanted: object, note: str = "") -> None:
        self._find, self._seen, self._wanted, self._note = find, seen, wanted, note
        self._known: Known | None = None

    def sketch(self, sources: Configuration) -> Sketch:
        """As the document, where it is written."""
        resource, node = self._find(sources)
        sources.require_once(resource)
        try:
            return self._of(sources, resource, node)
        except NoPatch as error:
            raise NoPatch(str(error), error.place or resource.place) from None

    def _of(self, sources: Configuration, resource: Resource, node: Node) -> Sketch:
        found = _found(sources, resource, node)
        known = self._known = Known(found.text)
        known_by(found.node, self._seen, known)
        if not alike(said(found.node, known), self._seen):
            raise NoPatch(self._DRIFTED)
        cuts = rewritten(found.node, self._wanted, known, found.dialect)
        place = f"{found.path}:{line_of(sources.text(found.path), _first(found, cuts))}"
        if found.within is not None:
            cuts = [Cut(found.within.start, found.within.end, quoted_text(applied(found.text, cuts)))]
        taken = [f"{spelling} for {value}" for spelling, value in sorted(known.values.items()) if isinstance(value, str)]
        supposes = f"it takes {', '.join(taken[:3])}{' and so on' if len(taken) > 3 else ''}, as it is now" if taken else ""  # noqa: PLR2004
        return Sketch(path=found.path, place=place, cuts=cuts, note="; ".join(filter(None, (self._note, supposes))))

    def is_met(self, sources: Configuration) -> bool:
        """Read anew, with what is not written out as it was."""
        resource, node = self._find(sources)
        found = _found(sources, resource, node)
        return self._known is not None and alike(said(found.node, self._known.under(found.text)), self._wanted)


def _first(found: _Document, cuts: list[Cut]) -> int:
    return found.at if found.within is not None else min((cut.start for cut in cuts), default=found.at)


def _found(sources: Configuration, resource: Resource, node: Node) -> _Document:
    match node:
        case Text():
            return _text(resource, node)
        case Call(name="jsonencode", arguments=(inner,)):
            return _Document(path=resource.path, text=resource.text, node=inner, dialect=HCL, at=inner.start)
        case Call(name="file", arguments=(inner,)):
            return _file(sources, resource, inner)
        case Reference(path=("data", kind, name, "json")) if kind == _SOURCE:
            return _source(sources, resource, name)
        case _:
            raise NoPatch(f"it is decided by {told(node)}", resource.at(node.start))


def _text(resource: Resource, node: Text) -> _Document:
    try:
        if node.form == "here":
            tree = read_json(resource.text, node.start, node.end, is_template=True)
            return _Document(path=resource.path, text=resource.text, node=tree, dialect=JSON_IN_TEMPLATE, at=node.start)
        tree = read_json(node.value)
        return _Document(path=resource.path, text=node.value, node=tree, dialect=JSON, at=node.start, within=node)
    except NotRead:
        raise NoPatch("its text is no JSON", resource.at(node.start)) from None


def _file(sources: Configuration, resource: Resource, node: Node) -> _Document:
    path = named_file(sources, resource, node)
    text = sources.text(path)
    try:
        return _Document(path=path, text=text, node=read_json(text), dialect=JSON, at=0)
    except NotRead as error:
        raise NoPatch(f"{path} is no JSON: {error}", resource.at(node.start)) from None


def _source(sources: Configuration, resource: Resource, name: str) -> _Document:
    found = sources.referred(resource, ("data", _SOURCE, name))
    if found is None:
        raise NoPatch(f"data.{_SOURCE}.{name} is made several times, or not found", resource.place)
    sources.require_once(found)
    uses = sources.uses(found)
    if len(uses) != 1:
        raise NoPatch(f"it is used in {len(uses)} places: {', '.join(uses[:3])}", found.place)
    return _Document(path=found.path, text=found.text, node=document(found), dialect=BLOCKS, at=found.block.start)
