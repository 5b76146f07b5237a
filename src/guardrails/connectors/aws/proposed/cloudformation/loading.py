"""Templates as text: JSON, or YAML with the short form of intrinsic functions. Every plain value of YAML stays the text that it is."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

import yaml

from guardrails.errors import AuthorError
from guardrails.proposals.cloudformation import Template

__all__ = ["load"]

_REMEDY = "give a template of CloudFormation, in YAML or JSON"
_BARE = frozenset({"Ref", "Condition"})
_MAX_BYTES = 2**20
"""CloudFormation itself takes no template above that."""


class _Loader(yaml.BaseLoader):
    """No aliases: nobody expands a small text into a large one. No key twice: AWS would take one of them."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.constructor.ConstructorError(problem="an alias", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ARG002, FBT001, FBT002  # PyYAML's
        keys = [key.value for key, _ in node.value]
        if len(set(map(str, keys))) != len(keys):
            raise yaml.constructor.ConstructorError(problem="a key that is there twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep=True)


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, object]:
    name = suffix if suffix in _BARE else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)} if isinstance(node, yaml.MappingNode) else {}


_Loader.add_multi_constructor("!", _tagged)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key that is there twice")
    return found


def load(content: bytes, name: str) -> Template:
    """The template in a file.

    Raises:
        AuthorError: It is none. Of a mistake the place is told, and nothing of what stands there.
    """
    if len(content) > _MAX_BYTES:
        raise AuthorError(f"{name}: larger than any template may be", remedy=_REMEDY)
    try:
        found = json.loads(content, object_pairs_hook=_once) if content.lstrip()[:1] == b"{" else yaml.load(content, _Loader)  # noqa: S506  # makes texts alone
    except yaml.MarkedYAMLError as error:
        at = f":{error.problem_mark.line + 1}:{error.problem_mark.column + 1}" if error.problem_mark else ""
        raise AuthorError(f"{name}{at}: not the YAML of a template", remedy=f"{_REMEDY}, without aliases and repeated keys") from None
    except (ValueError, RecursionError, yaml.YAMLError):
        raise AuthorError(f"{name}: no template", remedy=f"{_REMEDY}, without repeated keys") from None
    if not isinstance(found, dict) or not isinstance(found.get("Resources"), dict):
        raise AuthorError(f"{name}: no template: it has no Resources", remedy=_REMEDY)
    return Template(found)
