"""Lines that may hold a secret, which no patch quotes: by the name of what stands there, by what is marked, and by how it looks.

A secret without any mark looks like any other word. So a line beside a change is told only where each word of it is of the kinds that
policies are made of. Both err on the side of silence: a line that only looks like one costs a line of context.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

__all__ = ["concealed", "unsure"]

_NAME = (
    r"[\w.-]*(?:passw(?:or)?d|passphrase|passwd|secret|secrets|token|tokens|private_?key|api_?key|access_?key|secret_?key|credentials?|"
    r"secret_?string|secret_?binary|connection_?string|user_?data|data_json|client_?key|license_?key|pin|pem|htpasswd|cookie|salt|seed)"
)
_NAMED = re.compile(rf"(?i)(?<![\w.-])[\"']?{_NAME}[\"']?\s*(?:=(?!=)|:(?=\s|$))\s*(?P<value>\S.*)?")
_SENSITIVE = re.compile(r"(?m)^[ \t]*sensitive[ \t]*=[ \t]*true\b")
_LOOKS = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}|-----BEGIN|\bhv[sbr]\.[\w-]{8,}|\b[sb]\.[A-Za-z0-9]{20,}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{8,}"
    r"|\beyJ[\w-]{8,}\.|://[^/\s:@\"']+:[^/\s@\"']+@|\bglpat-[\w-]{16,}|\bsk_(?:live|test)_\w{8,}|\bAGE-SECRET-KEY-"
)
_DENSE = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_ARN = re.compile(r"arn:[^\s\"',]+")
"""Names that people make, however they look."""
_HERE = re.compile(r"<<-?([^\W\d][\w-]*)[ \t]*\r?$")
_BLOCK = re.compile(r"^(variable|output)\b")
_HEADER = re.compile(r'\ufeff?\s*(?:[a-z_]+|(?:resource|data)\s+"\w+"\s+"[\w-]+"|(?:variable|output|module|path)\s+"[\w/+*-]+")\s*\{\s*')
_WORDS = re.compile(
    r"[\"']?(?P<key>[A-Za-z][\w:.-]*)[\"']?\s*(?:=(?=[ \t\"\[{])|:(?=[\s\"\[{]|$))"
    r"|\"(?P<quoted>[^\"\\]*)\"|'(?P<single>[^']*)'|(?P<bare>!(?:Ref|GetAtt|ImportValue)\s+[\w.:-]+|[^\s,\[\]{}()]+)"
)
_VERBS = "Assume|BatchGet|Create|Decrypt|Delete|Describe|Encrypt|Get|Invoke|List|Pass|Put|Read|Receive|Send|Update|Write"
_KIND = re.compile(
    r"true|false|null|-|\*|Allow|Deny|AWS|Service|Federated|20\d\d-\d\d-\d\d|jsonencode|file|toset|AWS::\w+::\w+|!Sub"
    rf"|[a-z0-9-]+:(?:\*|(?:{_VERBS})[A-Za-z]*\*?)|arn:(?:aws[a-z-]*|\$\{{AWS::Partition\}}):[^\s\"']+"
    r"|[0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,2}|!(?:Ref|GetAtt|ImportValue)\s.*"
    r"|(?:var|local|each|data|module|path|aws_\w+|vault_\w+)(?:\.[\w-]+)+"
)
_NAMES = re.compile(
    r"(?i)(?:\w*_)?(?:name|type|effect|sid|version|protocol|ports?|role|user|group|bucket|path|region|service)s?"
    r"|(?:role|user|group|policy|bucket)Name|ipProtocol|fromPort|toPort|capabilities"
)
_NAME_OF = re.compile(r"\w[\w.:/@*-]*|")


def concealed(text: str) -> frozenset[int]:
    """The lines of a text, from 0, that may hold one, with all lines of a value that begins in one of them."""
    lines = text.split("\n")
    return frozenset((*_by_line(lines), *_sensitive(lines)))


def unsure(text: str) -> frozenset[int]:
    """The lines of a text, from 0, with a word that could be anything; those of `concealed` and remarks are among them."""
    hidden = concealed(text)
    return hidden | {at for at, line in enumerate(text.split("\n")) if at not in hidden and not _is_sure(line)}


def _is_sure(line: str) -> bool:
    """Whether all of a line is structure, words of policies, or the name of something."""
    if _HEADER.fullmatch(line):
        return True
    name = ""
    for word in _WORDS.finditer(line):
        told = word["quoted"] or word["single"] or word["bare"] or ""
        if word["key"]:
            name = word["key"]
        elif not _KIND.fullmatch(told) and not (_NAMES.fullmatch(name) and _NAME_OF.fullmatch(told)):
            return False
    return True


def _by_line(lines: list[str]) -> Iterator[int]:
    at = 0
    while at < len(lines):
        line = lines[at]
        named = _NAMED.search(line)
        if named or _LOOKS.search(line) or any(map(_is_dense, _DENSE.findall(_ARN.sub("", line)))):
            yield at
        if named:
            end = _end_of_value(lines, at, named["value"] or "")
            yield from range(at, end)
            at = max(at + 1, end)
        else:
            at += 1


def _is_dense(word: str) -> bool:
    """Letters of both cases and digits without an order: no name that people make."""
    changes = sum(_class(one) != _class(other) for one, other in pairwise(word))
    return any(map(str.isupper, word)) and any(map(str.islower, word)) and any(map(str.isdigit, word)) and changes * 4 > len(word)


def _class(letter: str) -> int:
    return letter.isupper() + 2 * letter.isdigit() + 4 * (not letter.isalnum())


def _end_of_value(lines: list[str], at: int, value: str) -> int:
    """Behind the last line of a value: that of a here-document, of brackets, or of lines that are further in."""
    if here := _HERE.search(lines[at]):
        return next((end + 1 for end in range(at + 1, len(lines)) if lines[end].strip() == here[1]), len(lines))
    if (depth := _depth(value)) > 0:
        for end in range(at + 1, len(lines)):
            depth += _depth(lines[end])
            if depth <= 0:
                return end + 1
        return len(lines)
    if not value or value[0] in "|>&!":  # a block of YAML
        width = _width(lines[at])
        return next((end for end in range(at + 1, len(lines)) if lines[end].strip() and _width(lines[end]) <= width), len(lines))
    return at + 1


def _depth(text: str) -> int:
    return sum(text.count(letter) for letter in "([{") - sum(text.count(letter) for letter in ")]}")


def _width(line: str) -> int:
    return len(line) - len(line.lstrip())


def _sensitive(lines: list[str]) -> Iterator[int]:
    """Every line of a block of Terraform that is marked."""
    begun = None
    for at, line in enumerate(lines):
        if _BLOCK.match(line):
            begun = at
        if begun is not None and (line.startswith("}") or at == len(lines) - 1):
            if _SENSITIVE.search("\n".join(lines[begun : at + 1])):
                yield from range(begun, at + 1)
            begun = None
