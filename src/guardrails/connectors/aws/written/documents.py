"""Policy documents in the sources of Terraform, in every form in which they can be written out, and how each is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import ClassVar

from guardrails.connectors.aws.written.statements import BLOCKS, document, plainly
from guardrails.hcl.texts import quoted_text
from guardrails.hcl.tree import Call, Node, NotRead, Reference, Text, line_of, value_of
from guardrails.written.cuts import Cut, applied
from guardrails.written.dialects import HCL, JSON, JSON_IN_TEMPLATE, Dialect
from guardrails.written.documents import alike, one_form
from guardrails.written.json_form import read_json
from guardrails.written.named_files import named_file
from guardrails.written.names import forms_in, names_in
from guardrails.written.proving import Sketch
from guardrails.written.rewriting import Known, NoPatch, Unwritten, known_by, rewritten, said, told
from guardrails.written.terraform import Configuration, Resource

__all__ = ["DocumentAim", "Spot"]

Spot = tuple[Resource, Node]
"""An attribute of a resource that is a document."""
_SOURCE = "aws_iam_policy_document"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A document as it stands in a file; `within` is set where the text is that of a quoted text there.

    `where` is the block whose names it knows, where it is of Terraform's own syntax. `note` is what is supposed of the way to it.
    """

    path: str
    text: str
    node: Node
    dialect: Dialect
    at: int
    within: Text | None = None
    where: Resource | None = None
    note: str = ""


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
        followed = _followed(sources, found, self._seen)
        known = self._known = Known(found.text, dict(followed))
        known_by(found.node, self._seen, known)
        if not alike(_says(sources, found, known), self._seen):
            raise NoPatch(self._DRIFTED)
        elsewhere = _Elsewhere(sources, found)
        cuts = rewritten(found.node, self._wanted, known, found.dialect, elsewhere)
        if found.within is not None:
            cuts = [Cut(found.within.start, found.within.end, quoted_text(applied(found.text, cuts)))]
        path, cuts = elsewhere.with_these(found.path, cuts)
        place = f"{path}:{line_of(sources.text(path), min((cut.start for cut in cuts), default=found.at))}"
        notes = (self._note, found.note, *elsewhere.notes, _supposed(known, followed))
        return Sketch(path=path, place=place, cuts=cuts, note="; ".join(dict.fromkeys(filter(None, notes))))

    def is_met(self, sources: Configuration) -> bool:
        """Read anew, with what is not written out as it was."""
        resource, node = self._find(sources)
        found = _found(sources, resource, node)
        if self._known is None:
            return False
        known = Known(found.text, self._known.values | _followed(sources, found, self._wanted))
        return alike(said(found.node, known), self._wanted)


def _supposed(known: Known, followed: Mapping[str, object]) -> str:
    taken = [
        f"{spelling} for {value}" for spelling, value in sorted(known.values.items()) if isinstance(value, str) and spelling not in followed
    ]
    return f"it takes {', '.join(taken[:3])}{' and so on' if len(taken) > 3 else ''}, as it is now" if taken else ""  # noqa: PLR2004


def _followed(sources: Configuration, found: _Document, says: object) -> dict[str, object]:
    """What names in a document stand for, where that is written out. What may be set elsewhere counts where the document says it."""
    known: dict[str, object] = {}
    if found.where is None:
        return known
    forms = set(forms_in(says))
    for node in names_in(found.node):
        behind = sources.behind(found.where, node)
        with suppress(LookupError):
            value = value_of(plainly(behind.node))
            if not behind.note or one_form(value) in forms:
                known[found.text[node.start : node.end]] = value
    return known


def _says(sources: Configuration, found: _Document, known: Known) -> object:
    """What it says; where that is not known, the reason is the first of its names that could not be followed."""
    try:
        return said(found.node, known)
    except NoPatch:
        for node in names_in(found.node) if found.where is not None else ():
            if found.where is not None and found.text[node.start : node.end] not in known.values:
                behind = sources.alone(found.where, node)
                said(behind.node, Known(behind.at.text))
        raise


@dataclass(slots=True)
class _Elsewhere:
    """What becomes something else behind names of a document: cuts by their files, and what is supposed of them."""

    sources: Configuration
    found: _Document
    cuts: dict[str, list[Cut]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __call__(self, node: Unwritten, wanted: object) -> bool:
        """Whether the name could be followed.

        Raises:
            NoPatch: It could, and something else is made of the same.
        """
        if self.found.where is None:
            return False
        behind = self.sources.alone(self.found.where, node)
        if behind.node is node:
            return False
        inner = rewritten(plainly(behind.node), wanted, Known(behind.at.text), self.found.dialect)
        self.cuts.setdefault(behind.at.path, []).extend(inner)
        self.notes.append(behind.note)
        return True

    def with_these(self, path: str, cuts: list[Cut]) -> tuple[str, list[Cut]]:
        """All cuts together, in their one file."""
        found = {**self.cuts, path: [*self.cuts.get(path, []), *cuts]}
        paths = sorted(one for one, held in found.items() if held) or [path]
        if len(paths) > 1:
            raise NoPatch(f"it would have to be changed in several files: {', '.join(paths)}")
        return paths[0], found[paths[0]]


def _found(sources: Configuration, resource: Resource, node: Node) -> _Document:
    """Where it is written; behind names that nothing else is made of."""
    found = sources.alone(resource, node)
    document = _at(sources, found.at, found.node)
    return replace(document, note="; ".join(filter(None, (found.note, document.note))))


def _at(sources: Configuration, resource: Resource, node: Node) -> _Document:
    match node:
        case Text():
            return _text(resource, node)
        case Call(name="jsonencode", arguments=(inner,)):
            found = sources.alone(resource, inner)
            at, tree = found.at, found.node
            return _Document(path=at.path, text=at.text, node=tree, dialect=HCL, at=tree.start, where=at, note=found.note)
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
    return _Document(path=found.path, text=found.text, node=document(found), dialect=BLOCKS, at=found.block.start, where=found)
