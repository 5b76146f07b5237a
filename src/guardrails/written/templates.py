"""Templates of CloudFormation, in YAML or JSON: resources by their logical ids, with the place of every value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from guardrails.hcl.tree import Entry, Fields, Items, Node, NotRead, Opaque, Reference, Text, line_of
from guardrails.model.written import WorkingCopy
from guardrails.written.dialects import JSON, YAML, Dialect
from guardrails.written.json_form import read_json
from guardrails.written.rewriting import NoPatch
from guardrails.written.yaml_form import read_yaml

__all__ = ["Made", "Templates", "templates_of"]

_SERVERLESS = "AWS::Serverless-2016-10-31"
_PARTS = ("Resources",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One resource of a template."""

    path: str
    text: str
    entry: Entry
    dialect: Dialect

    @property
    def name(self) -> str:
        """Its logical id."""
        return self.entry.name

    @property
    def place(self) -> str:
        """Its file and line."""
        return self.at(self.entry.start)

    def at(self, offset: int) -> str:
        """A place in its file."""
        return f"{self.path}:{line_of(self.text, offset)}"

    @property
    def type(self) -> str:
        """Such as `AWS::IAM::Role`."""
        node = self.entry.value.get("Type") if isinstance(self.entry.value, Fields) else None
        return node.value if isinstance(node, Text) else ""

    @property
    def properties(self) -> Fields:
        """What it says.

        Raises:
            NoPatch: That is made by a function.
        """
        node = self.entry.value.get("Properties") if isinstance(self.entry.value, Fields) else None
        if not isinstance(node, Fields):
            raise NoPatch("its properties are not written out", self.place)
        return node


def _tagged(tag: str, node: Node) -> Node:
    name = tag.lstrip("!")
    return _function(name, node, node.start, node.end)


def _function(name: str, inner: Node, start: int, end: int) -> Node:
    if name == "Ref" and isinstance(inner, Text):
        return Reference(path=("Ref", inner.value), start=start, end=end)
    if name == "GetAtt" and isinstance(inner, Text):
        return Reference(path=("GetAtt", *inner.value.split(".")), start=start, end=end)
    if name == "GetAtt" and isinstance(inner, Items) and all(isinstance(item, Text) for item in inner.items):
        return Reference(path=("GetAtt", *(item.value for item in inner.items if isinstance(item, Text))), start=start, end=end)
    if name == "Sub" and isinstance(inner, Text) and "${" not in inner.value:
        return inner
    if name == "FindInMap" and isinstance(inner, Items) and all(isinstance(item, Text) for item in inner.items):
        return Reference(path=("FindInMap", *(item.value for item in inner.items if isinstance(item, Text))), start=start, end=end)
    parts = (inner,) if name == "Sub" and isinstance(inner, Text) else ()
    return Opaque(why=f"the function {name}", start=start, end=end, parts=parts)


def _settled(node: Node) -> Node:
    """Functions in their long form are functions too."""
    match node:
        case Fields(entries=(Entry(name=name, value=inner),)) if name in {"Ref", "Condition"} or name.startswith("Fn::"):
            return _function(name.removeprefix("Fn::"), inner, node.start, node.end)
        case Fields():
            entries = tuple(Entry(name=one.name, value=_settled(one.value), start=one.start, end=one.end) for one in node.entries)
            return Fields(entries=entries, start=node.start, end=node.end, form=node.form)
        case Items():
            return Items(items=tuple(map(_settled, node.items)), start=node.start, end=node.end, form=node.form)
        case _:
            return node


class Templates:
    """All templates of a working copy; what is none is passed over, and what was not read is told."""

    def __init__(self, copy: WorkingCopy) -> None:
        self.copy = copy

    def text(self, path: str) -> str:
        """A file."""
        return self.copy.files[path]

    def with_text(self, path: str, text: str) -> Templates:
        """The same with another file in the place of one."""
        return Templates(WorkingCopy(kind=self.copy.kind, files={**self.copy.files, path: text}, unread=self.copy.unread))

    @cached_property
    def _trees(self) -> Mapping[str, Fields]:
        found = {}
        for path, text in sorted(self.copy.files.items()):
            if "Resources" in text and "AWS::" in text:
                tree = _settled(read_json(text) if text.lstrip("\ufeff \t\r\n").startswith("{") else read_yaml(text, _tagged))
                if isinstance(tree, Fields) and isinstance(tree.get("Resources"), Fields):
                    found[path] = tree
        return found

    @cached_property
    def made(self) -> tuple[Made, ...]:
        """Every resource.

        Raises:
            NoPatch: A file that may be a template was not read or not understood.
        """
        for path, why in sorted(self.copy.unread.items()):
            raise NoPatch(f"{path} was not read: {why}")
        try:
            trees = self._trees
        except NotRead as error:
            raise NoPatch(f"a template was not understood: {error}") from None
        return tuple(made for path, tree in trees.items() for made in self._of(path, tree))

    def _of(self, path: str, tree: Fields) -> Iterator[Made]:
        text, resources = self.copy.files[path], tree.get("Resources")
        dialect = JSON if text.lstrip("\ufeff \t\r\n").startswith("{") else YAML
        for entry in resources.entries if isinstance(resources, Fields) else ():
            yield Made(path=path, text=text, entry=entry, dialect=dialect)

    def behind(self, made: Made, node: Node) -> Node:
        """What a mapping or a parameter is, where it is written out in the template; else the node itself."""
        match node:
            case Reference(path=("FindInMap", *names)):
                return self._at(made, "Mappings", *names) or node
            case Reference(path=("Ref", name)):
                kind, usual = self._at(made, "Parameters", name, "Type"), self._at(made, "Parameters", name, "Default")
                is_text = isinstance(kind, Text) and kind.value == "String"
                return usual if usual is not None and is_text else node
            case _:
                return node

    def _at(self, made: Made, *names: str) -> Node | None:
        node: Node | None = self._trees[made.path]
        for name in names:
            node = node.get(name) if isinstance(node, Fields) else None
        return node

    def alone(self, made: Made, node: Node) -> tuple[Node, str]:
        """Likewise, where nothing else is made of it, and what is supposed of it.

        Raises:
            NoPatch: Something else is.
        """
        found = self.behind(made, node)
        if found is node or not isinstance(node, Reference):
            return node, ""
        kind, name = node.path[:2]
        places = [made.at(match.start()) for match in re.finditer(rf"(?<![\w]){re.escape(name)}(?![\w])", made.text)]
        if len(places) != 2:  # noqa: PLR2004  # where it is, and where it is used
            raise NoPatch(f"{name} is named in {len(places)} places: {', '.join(places[:3])}", made.at(found.start))
        return found, f"look whether the stack is given a value of its own for {name}" if kind == "Ref" else ""

    def require_plain(self, made: Made) -> None:
        """A template that is deployed as it stands.

        Raises:
            NoPatch: A macro makes it anew.
        """
        transform = self._trees[made.path].get("Transform")
        if transform is not None and not (isinstance(transform, Text) and transform.value == _SERVERLESS):
            raise NoPatch("its template is made anew by a macro", made.place)

    def parts(self, path: str) -> list[tuple[int, int]]:
        """The resources of a template, and its other sections."""
        tree = self._trees[path]
        resources = tree.get("Resources")
        inner = resources.entries if isinstance(resources, Fields) else ()
        return [(one.start, one.end) for one in (*inner, *(entry for entry in tree.entries if entry.name not in _PARTS))]


@lru_cache(maxsize=8)
def templates_of(copy: WorkingCopy) -> Templates:
    """What a working copy says, understood once."""
    return Templates(copy)
