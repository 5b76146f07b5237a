"""The question of who is let in put to Z3: is there somebody whom the one policy lets in and the other does not?

Written from the documentation alone: of each form of caller, what its requests tell, and whom a Principal means. An account has one role
of a name, so whoever is in a session of a role that is named has the path that is told there, and it is in the partition that its ARN tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import z3

_ANY = z3.AllChar(z3.ReSort(z3.StringSort()))
_NO = {letter: z3.Intersect(_ANY, z3.Complement(z3.Re(letter))) for letter in ":/"}
_ROLE = re.compile(r"arn:aws:iam::(\d{12}):(user|role)/((?:.*/)?)([^/]+)")
_SESSION = re.compile(r"arn:aws:sts::(\d{12}):assumed-role/([^/]+)/(.+)")
_FORMS = ("root", "user", "role", "session", "federated-user", "Anonymous", "Service", "Federated", "CanonicalUser")
_TYPES = {"root": "Account", "user": "User", "role": "AssumedRole", "session": "AssumedRole", "federated-user": "FederatedUser"}


def lets_in_more(actual: dict[str, Any], declared: dict[str, Any], *, seconds: float) -> bool | None:
    """Whether somebody may do something by the one alone; `None` when Z3 does not know."""
    answers = [_Somebody(form).more(actual, declared, seconds) for form in _FORMS]
    return True if True in answers else None if None in answers else False


class _Somebody:
    """Somebody of one form, who is not known yet."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._solver = z3.Solver()
        self._account, self._partition, self._path, self._name, self._session = map(
            z3.String, ("account", "partition", "path", "name", "session")
        )
        digits, letters = z3.Range("0", "9"), z3.Union(z3.Range("a", "z"), z3.Re("-"))
        self._solver.add(
            z3.InRe(self._account, z3.Loop(digits, 12, 12)), z3.InRe(self._partition, z3.Concat(z3.Re("aws"), z3.Star(letters)))
        )
        self._solver.add(z3.InRe(self._path, z3.Union(z3.Re(""), z3.Concat(z3.Plus(_NO[":"]), z3.Re("/")))))
        self._solver.add(z3.InRe(self._name, z3.Plus(z3.Intersect(_NO["/"], _NO[":"]))), self._session != "")
        if form == "Service":
            ends = z3.Union(z3.Re(".amazonaws.com"), z3.Re(".amazonaws.com.cn"))
            self._solver.add(z3.InRe(self._name, z3.Concat(z3.Plus(z3.Union(letters, digits, z3.Re("."))), ends)))
        self._keys = self._told()

    def more(self, actual: dict[str, Any], declared: dict[str, Any], seconds: float) -> bool | None:
        """Whether it is let in to more by the one."""
        self._solver.set("timeout", int(seconds * 1000))
        for statement in (*actual["Statement"], *declared["Statement"]):
            for name in _named(statement)[1]:
                self._solver.add(self._as_it_is(name))
        self._solver.add(self._allowed(actual), z3.Not(self._allowed(declared)))
        answer = self._solver.check()
        return None if answer == z3.unknown else answer == z3.sat

    def _told(self) -> dict[str, Any]:
        """The value of each key that it tells."""
        if self._form == "Anonymous":
            return {"aws:principalaccount": z3.StringVal("anonymous"), "aws:principaltype": z3.StringVal("Anonymous")}
        if self._form not in _TYPES:
            service = {"aws:principalisawsservice": z3.StringVal("true"), "aws:principalservicename": self._name}
            return {"Service": service, "Federated": {}}.get(self._form, {"aws:principalisawsservice": z3.StringVal("false")})
        found = {"aws:principalisawsservice": z3.StringVal("false"), "aws:principaltype": z3.StringVal(_TYPES[self._form])}
        found |= {"aws:principalaccount": self._account, "aws:principalarn": self._arn()}
        return found | ({"aws:username": self._name} if self._form == "user" else {})

    def _arn(self) -> Any:
        start = z3.Concat(z3.StringVal("arn:"), self._partition)
        if self._form == "federated-user":
            return z3.Concat(start, z3.StringVal(":sts::"), self._account, z3.StringVal(":federated-user/"), self._name)
        start = z3.Concat(start, z3.StringVal(":iam::"), self._account)
        if self._form == "root":
            return z3.Concat(start, z3.StringVal(":root"))
        kind = "user" if self._form == "user" else "role"
        return z3.Concat(start, z3.StringVal(f":{kind}/"), self._path, self._name)

    def _allowed(self, document: dict[str, Any]) -> Any:
        spoken: dict[str, list[Any]] = {"Allow": [z3.BoolVal(val=False)], "Deny": [z3.BoolVal(val=False)]}
        for statement in document["Statement"]:
            # one action and one place are written out, and of all others wildcards alone speak
            narrow = [z3.Bool(text) for text in statement["Action"] + statement["Resource"] if text not in {"*", "s3:*"}]
            negated, names = _named(statement)
            meant = z3.Or([self._is(name) for name in names])
            tests = [self._holds(*test) for test in _tests(statement)]
            spoken[statement["Effect"]].append(z3.And(*narrow, z3.Not(meant) if negated else meant, *tests))
        return z3.And(z3.Or(spoken["Allow"]), z3.Not(z3.Or(spoken["Deny"])))

    def _is(self, name: str) -> Any:
        """Whether a name of a Principal means it."""
        if name == "*":
            return z3.BoolVal(val=True)
        if self._form not in _TYPES or name.startswith(("Service:", "Federated:", "CanonicalUser:")):
            kind, _, rest = name.partition(":")
            return self._name == rest if kind == self._form else z3.BoolVal(val=False)
        if found := re.fullmatch(r"(?:arn:aws:iam::)?(\d{12})(?::root)?", name):
            return self._account == found[1]
        return self._is_one(name)

    def _is_one(self, name: str) -> Any:
        """Whether an ARN of one user, role or session means it."""
        if found := _SESSION.fullmatch(name):
            mine = z3.And(self._at(found[1]), self._name == found[2], self._session == found[3])
            return mine if self._form == "session" else z3.BoolVal(val=False)
        found = _ROLE.fullmatch(name)
        if found is None:
            raise ValueError(name)
        here = z3.And(self._at(found[1]), self._name == found[4])
        if self._form == {"role": "session", "user": "federated-user"}[found[2]]:
            return here
        return z3.And(here, self._path == found[3]) if self._form == found[2] else z3.BoolVal(val=False)

    def _at(self, account: str) -> Any:
        return z3.And(self._partition == "aws", self._account == account)

    def _as_it_is(self, name: str) -> Any:
        if root := re.fullmatch(r"arn:aws:iam::(\d{12}):root", name):
            return z3.Implies(self._account == root[1], self._partition == "aws")
        found = _ROLE.fullmatch(name)
        if self._form != "session" or found is None or found[2] != "role":
            return z3.BoolVal(val=True)
        return z3.Implies(z3.And(self._at(found[1]), self._name == found[4]), self._path == found[3])

    def _holds(self, operator: str, key: str, operands: list[str]) -> Any:
        value = self._keys.get(key)
        if operator == "Null":
            return z3.BoolVal(val=(operands[0] == "true") == (value is None))
        name = operator.removesuffix("IfExists")
        if value is None:
            return z3.BoolVal(val="Not" in name or name != operator)
        hit = z3.Or([self._matches(name.replace("Not", ""), value, operand) for operand in operands])
        return z3.Not(hit) if "Not" in name else hit

    def _matches(self, name: str, value: Any, operand: str) -> Any:
        if name in {"Bool", "StringEquals"}:
            return value == z3.StringVal(operand)
        if name == "StringLike":
            return z3.InRe(value, _glob(operand, _ANY))
        *heads, tail = operand.split(":", 5)
        parts = [piece for head in heads for piece in (_glob(head, _NO[":"]), z3.Re(":"))]
        return z3.InRe(value, z3.Concat(*parts, _glob(tail, _ANY)))


def _named(statement: dict[str, Any]) -> tuple[bool, list[str]]:
    negated = "NotPrincipal" in statement
    found = statement["NotPrincipal" if negated else "Principal"]
    pairs = [("AWS", "*")] if found == "*" else [(kind, name) for kind, listed in found.items() for name in _listed(listed)]
    return negated, [name if kind == "AWS" else f"{kind}:{name}" for kind, name in pairs]


def _tests(statement: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, block in statement.get("Condition", {}).items():
        yield from ((operator, key.lower(), _listed(operands)) for key, operands in block.items())


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _glob(text: str, one: Any) -> Any:
    pieces = [z3.Star(one) if piece == "*" else one if piece == "?" else z3.Re(piece) for piece in re.findall(r"[*?]|[^*?]+", text)]
    return z3.Re("") if not pieces else pieces[0] if len(pieces) == 1 else z3.Concat(*pieces)
