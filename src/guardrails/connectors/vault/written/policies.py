"""Policies of Vault in the sources of Terraform: the rules that should be others become so in their lines, and remarks stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from guardrails.hcl.blocks import Block, read_hcl
from guardrails.hcl.texts import quoted_text, spelled
from guardrails.hcl.tree import Call, Items, Node, NotRead, Text, line_of
from guardrails.model.actions import RewritePolicy
from guardrails.vault.errors import PolicyError
from guardrails.vault.rules import Policy, Rule
from guardrails.vault.stored import restored, stored
from guardrails.vault.writing import write
from guardrails.written.aims import Find
from guardrails.written.cuts import Cut, applied
from guardrails.written.dialects import HCL
from guardrails.written.listed import Span, added, lines_of, removed
from guardrails.written.named_files import named_file
from guardrails.written.proving import Sketch
from guardrails.written.rewriting import NoPatch, told
from guardrails.written.terraform import Configuration, Resource

__all__ = ["PolicyAim"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """The text of a policy: what it is, and `start` to `end` of a file where it stands; `form` says how.

    `note` is what is supposed of the way to it.
    """

    path: str
    value: str
    start: int
    end: int
    form: str
    note: str = ""


class PolicyAim:
    """A policy says something else."""

    def __init__(self, find: Find, action: RewritePolicy) -> None:
        self._find = find
        self._name, self._seen, self._wanted = action.policy.name, json.loads(action.seen), json.loads(action.text)
        self._then = restored(action.text, action.policy.name)

    def _found(self, sources: Configuration) -> _Written:
        resource = self._find(sources)
        node = resource.body.get("policy")
        if node is None:
            raise NoPatch("it has no policy that is written out", resource.place)
        found = sources.alone(resource, node)
        return replace(self._at(sources, found.at, found.node), note=found.note)

    def _at(self, sources: Configuration, resource: Resource, node: Node) -> _Written:
        match node:
            case Text(form="here"):
                return _Written(path=resource.path, value=resource.text[node.start : node.end], start=node.start, end=node.end, form="here")
            case Text():
                return _Written(path=resource.path, value=node.value, start=node.start, end=node.end, form="quoted")
            case Call(name="file", arguments=(inner,)):
                path = named_file(sources, resource, inner)
                return _Written(path=path, value=sources.text(path), start=0, end=len(sources.text(path)), form="file")
            case _:
                raise NoPatch(f"it is decided by {told(node)}", resource.at(node.start))

    def _says(self, found: _Written) -> str:
        """Its rules in one form; of a here-document those that its text has once it is no template any more.

        Raises:
            NoPatch: It is no policy.
        """
        text = found.value.replace("$${", "${").replace("%%{", "%{") if found.form == "here" else found.value
        try:
            return str(json.loads(stored(text, self._seen["engine"], name=self._name))["policy"])
        except PolicyError:
            raise NoPatch("its text is no policy that the engine would accept") from None

    def sketch(self, sources: Configuration) -> Sketch:
        """The rules that should be others, in their lines; where that cannot be, all of them."""
        resource = self._find(sources)
        sources.require_once(resource)
        try:
            return self._of(sources, resource, self._found(sources))
        except NoPatch as error:
            raise NoPatch(str(error), error.place or resource.place) from None

    def _of(self, sources: Configuration, resource: Resource, found: _Written) -> Sketch:
        if self._says(found) != self._seen["policy"]:
            raise NoPatch("what it says is not what is so: apply it, or bring it up to date, and plan again", resource.place)
        cuts = self._cuts(resource, found)
        first = min(cut.start for cut in cuts)
        text = sources.text(found.path)
        if found.form == "quoted":
            cuts = [Cut(found.start, found.end, quoted_text(applied(found.value, cuts)))]
            first = 0
        else:
            cuts = [Cut(cut.start + found.start, cut.end + found.start, cut.text) for cut in cuts]
        return Sketch(path=found.path, place=f"{found.path}:{line_of(text, first + found.start)}", cuts=cuts, note=found.note)

    def _cuts(self, resource: Resource, found: _Written) -> list[Cut]:
        for cuts in (self._smallest, self._whole):
            try:
                made = list(cuts(found))
                if made and self._says(replace(found, value=applied(found.value, made))) == self._wanted["policy"]:
                    return made
            except (NoPatch, NotRead, ValueError):
                continue
        raise NoPatch("its rules cannot be written there so that they say what is wanted", resource.place)

    def _smallest(self, found: _Written) -> Iterator[Cut]:
        blocks = [block for block in read_hcl(found.value).blocks if block.type == "path" and len(block.labels) == 1]
        rules = {rule.path: rule for rule in self._then.rules}
        for block in blocks:
            rule = rules.pop(block.labels[0].removeprefix("/"), None)
            if rule is None:
                yield _lines(found.value, block)
            else:
                yield from _capabilities(found.value, block, rule)
        if rules:
            raise NoPatch("further rules would come")

    def _whole(self, found: _Written) -> Iterator[Cut]:
        text = write(Policy(name=self._name, rules=self._then.rules))
        if found.form == "here":
            lines = found.value.splitlines(keepends=True)
            indent = next((line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip()), "")
            text = "".join(f"{indent}{line}" if line.strip() else line for line in spelled(text).splitlines(keepends=True))
        yield Cut(0, len(found.value), text)

    def is_met(self, sources: Configuration) -> bool:
        """Read anew by what reads policies."""
        return bool(self._says(self._found(sources)) == self._wanted["policy"])


def _lines(text: str, block: Block) -> Cut:
    lines = lines_of(text, Span(block.start, block.end))
    if lines is None:
        raise NoPatch("something else stands in its lines")
    end = lines.end
    after = text.find("\n", end) + 1
    empty = after > 0 and not text[end:after].strip()
    return Cut(lines.start, after if empty else end)


def _capabilities(text: str, block: Block, rule: Rule) -> Iterator[Cut]:
    listed = block.body.get("capabilities")
    if not isinstance(listed, Items) or not all(isinstance(item, Text) for item in listed.items):
        return
    held = [item.value for item in listed.items if isinstance(item, Text)]
    gone = {at for at, value in enumerate(held) if value not in rule.capabilities}
    new = sorted(rule.capabilities - set(held))
    whole, spans = Span(listed.start, listed.end), [Span(item.start, item.end) for item in listed.items]
    if gone and new:
        yield Cut(listed.start, listed.end, HCL.render([*(value for at, value in enumerate(held) if at not in gone), *new]))
        return
    yield from removed(text, whole, spans, gone, may_trail=True)
    yield from added(text, whole, spans, [HCL.render(value) for value in new])
