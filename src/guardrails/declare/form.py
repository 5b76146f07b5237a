"""The one form of a file of the declaration: indentation, blank lines and line ends. Comments, order and quotes stay as they are."""

from __future__ import annotations

import io
import re

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from guardrails.errors import AuthorError
from guardrails.notation.document import Items, Mapping, Node, Scalar, read

__all__ = ["formatted"]

_BLANK_LINES = re.compile(r"\n{3,}")
_LONG = 100_000
"""Lines are never folded: a reader of a diff wants one entry a line."""


def formatted(text: str, file: str) -> str:
    """The same document in the one form; formatting twice changes nothing.

    Raises:
        AuthorError: The form would mean something else, so nothing was changed.
    """
    writer = YAML(typ="rt")
    writer.preserve_quotes = True
    writer.width = _LONG
    writer.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    try:
        writer.dump(writer.load(text), out)
    except YAMLError as error:
        raise AuthorError(f"{file}: cannot be formatted: {error}", remedy="write it in a plainer way") from error
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    after = _BLANK_LINES.sub("\n\n", "\n".join(lines).strip("\n")) + "\n"
    if _meaning(read(after.encode(), file)[0]) != _meaning(read(text.encode(), file)[0]):
        raise AuthorError(f"{file}: its form cannot be changed without changing what it says", remedy="write it in a plainer way")
    return after


def _meaning(node: Node | None) -> object:
    match node:
        case Scalar():
            return (node.text, node.quoted)
        case Items():
            return [_meaning(item) for item in node.items]
        case Mapping():
            return [(key.text, _meaning(value)) for key, value in node.entries]
        case None:
            return None
