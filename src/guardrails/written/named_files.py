"""The file that `file(...)` reads, where it is named by what is written out."""

from __future__ import annotations

import posixpath

from guardrails.hcl.tree import Node, Opaque, Reference, Text
from guardrails.written.rewriting import NoPatch, told
from guardrails.written.terraform import Configuration, Resource

__all__ = ["named_file"]

_FOLDERS = {("path", "module"), ("path", "root")}


def named_file(sources: Configuration, resource: Resource, node: Node) -> str:
    """Its path below the folder of the working copy; nobody else reads it.

    Raises:
        NoPatch: Which one it is is not known, or others may read it.
    """
    folder, is_root = resource.folder, True
    match node:
        case Text():
            name = node.value
        case Opaque(parts=(Text(value=""), Reference(path=where), Text(value=rest))) if where in _FOLDERS and rest.startswith("/"):
            name, is_root = rest[1:], where[1] == "root"
        case _:
            raise NoPatch(f"which file it reads is decided by {told(node)}", resource.at(node.start))
    if is_root and sources.is_called(folder):
        raise NoPatch("the file that it reads is named from where Terraform is run", resource.at(node.start))
    path = posixpath.normpath(posixpath.join(folder, name))
    if path.startswith(("../", "/")):
        raise NoPatch("the file that it reads is outside of the folder that was named", resource.at(node.start))
    readers = sources.readers(path)
    if len(readers) != 1:
        raise NoPatch(f"{path} may be read in other places too: {', '.join(readers[:3])}", resource.at(node.start))
    return path
