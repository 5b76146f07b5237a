"""The same decision told again, plainly and slowly: a second opinion that shares no code with the evaluator.

Every question is answered with the set of answers that are possible; patterns are regular expressions; the documents are read as they come.
It knows what the random worlds of iam_worlds.py and iam_askers.py hold, and no more.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import product

YES, NO, EITHER = frozenset({True}), frozenset({False}), frozenset({True, False})


def all_of(*answers):
    return frozenset(all(world) for world in product(*answers))


def any_of(*answers):
    return frozenset(any(world) for world in product(*answers))


def opposite(answers):
    return frozenset(not answer for answer in answers)


def verdict(by, action, resource, context, policies):
    """True, False, or None when both are possible."""
    context = told_by(by) | {key.lower(): value for key, value in context.items() if value != ()}
    world = (by, action, resource, context, policies.get("boundary") is not None)
    answers = all_of(opposite(denied(world, policies)), granted(world, policies), *limits(world, policies))
    return None if len(answers) > 1 else answers == YES


def told_by(by):
    """What a request tells of who asks: the table of principal key values in the User Guide, and what it says of each key beside it."""
    if by == "Anonymous":
        return {"aws:principalaccount": "anonymous", "aws:principaltype": "Anonymous", "aws:userid": "anonymous"}
    kind, _, name = by.partition(":")
    if kind == "Service":
        return {"aws:principalisawsservice": "true", "aws:principalservicename": name}
    if kind != "arn":
        return {} if kind == "Federated" else {"aws:principalisawsservice": "false"}
    account, who = by.split(":", 5)[4:]
    form = {"root": "Account", "user": "User", "role": "AssumedRole", "assumed-role": "AssumedRole", "federated-user": "FederatedUser"}
    found = {"aws:principalisawsservice": "false", "aws:principalaccount": account, "aws:principaltype": form[who.split("/")[0]]}
    if not who.startswith("assumed-role/"):
        found["aws:principalarn"] = by
    return found | ({"aws:username": who.split("/")[-1]} if who.startswith("user/") else {})


def denied(world, policies):
    every_document = []
    for name, found in policies.items():
        every_document += [document for level in found or [] for document in level] if name == "scps" else [found] if found else []
    return any_of(*(speaks(world, statement, "Deny", 1) for document in every_document for statement in document["Statement"]))


def limits(world, policies):
    levels = policies.get("scps") or []
    yield from (
        any_of(*(speaks(world, statement, "Allow", 1) for document in level for statement in document["Statement"])) for level in levels
    )
    if policies.get("endpoint") is not None:
        yield says_yes(world, policies["endpoint"])


def says_yes(world, document, closeness=1):
    return any_of(*(speaks(world, statement, "Allow", closeness) for statement in (document or {"Statement": []})["Statement"]))


def granted(world, policies):
    by, _, resource, context, _ = world
    own_account = by.split(":")[4]
    owner = context.get("aws:resourceaccount", resource.split(":")[4] if resource.count(":") > 4 else "") or own_account
    fenced = [says_yes(world, policies[name]) for name in ("boundary", "session") if policies.get(name) is not None]
    own = all_of(says_yes(world, policies.get("identity")), *fenced)
    named, role, itself = (says_yes(world, policies.get("resource"), closeness) for closeness in (1, 2, 3))
    if owner != own_account:
        return all_of(own, named)
    given = any_of(itself, all_of(role, *fenced))
    return any_of(given, all_of(own, named)) if ":key/" in resource else any_of(given, own)


def speaks(world, statement, effect, closeness):
    if statement["Effect"] != effect:
        return NO
    parts = [*to_whom(world, statement, closeness), *of_what(world, statement)]
    for operator, block in statement.get("Condition", {}).items():
        parts += [test(operator, operands, world[3].get(key.lower()), world[3]) for key, operands in block.items()]
    return all_of(*parts)


def to_whom(world, statement, closeness):
    by, bounded = world[0], world[4]
    parts = []
    if "Principal" in statement:
        parts.append(YES if max(close(by, name) for name in names(statement["Principal"])) >= closeness else NO)
    if "NotPrincipal" in statement and not (bounded and statement["Effect"] == "Deny"):
        parts.append(NO if max(close(by, name) for name in names(statement["NotPrincipal"])) else YES)
    return parts


def of_what(world, statement):
    _, action, resource, context, _ = world
    parts = []
    for element in ("Action", "NotAction"):
        if element in statement:
            hit = any(re.fullmatch(expression(pattern, "."), action, re.IGNORECASE) for pattern in statement[element])
            parts.append(YES if hit == (element == "Action") else NO)
    if "Resource" in statement:
        parts.append(any_of(*(on(pattern, resource, context, NO) for pattern in statement["Resource"])))
    if "NotResource" in statement:
        parts.append(opposite(any_of(*(on(pattern, resource, context, EITHER) for pattern in statement["NotResource"]))))
    return parts


def names(principal):
    """As the caller is written: an ARN, an account, or another kind before its name."""
    if principal == "*":
        return ["*"]
    pairs = [(kind, name) for kind, listed in principal.items() for name in (listed if isinstance(listed, list) else [listed])]
    return [name if kind == "AWS" else f"{kind}:{name}" for kind, name in pairs]


def close(by, name):
    if name == "*":
        return 3
    if not by.startswith("arn:"):
        return 3 if name == by else 0
    account, who = by.split(":", 5)[4:]
    if name in {account, f"arn:aws:iam::{account}:root"}:
        return 1
    if name == by:
        return 2 if who.startswith("role/") else 3
    behind = {"assumed-role": "role", "federated-user": "user"}.get(who.split("/")[0])
    return 2 if behind and re.fullmatch(f"arn:aws:iam::{account}:{behind}/(.*/)?{re.escape(who.split('/')[1])}", name) else 0


def expression(pattern, one):
    if not pattern:
        return ""
    head = {"*": f"{one}*", "?": one}.get(pattern[0], re.escape(pattern[0]))
    return head + expression(pattern[1:], one)


def filled(pattern, context):
    """The pattern with values in place of variables, their wildcards marked as text; None without a value."""
    found = re.search(r"\$\{([^},]*)(?:, '([^']*)')?\}", pattern)
    if found is None:
        return pattern
    value = found[1] if found[1] in {"*", "?", "$"} else context.get(found[1].lower(), found[2])
    if isinstance(value, tuple) and found[2] is not None:
        return EITHER
    if not isinstance(value, str):
        return None
    quoted = value.replace("*", "\x01").replace("?", "\x02").replace("$", "\x03").replace(":", "\x04")
    return filled(pattern[: found.start()] + quoted + pattern[found.end() :], context)


def unquoted(text):
    return text.replace("\x01", r"\*").replace("\x02", r"\?").replace("\x03", r"\$").replace("\x04", ":")


def on(pattern, resource, context, nameless):
    if pattern == "*":
        return YES
    if resource == "*":
        return NO
    text = filled(pattern, context)
    if not isinstance(text, str):
        # which part of it lacks the value is not looked at; so where another part differs, both are possible here
        return nameless if text is None else EITHER
    *heads, tail = text.split(":", 5)
    shape = ":".join(expression(head, "[^:]") for head in heads) + ":" + expression(tail, ".")
    return YES if re.fullmatch(unquoted(shape), resource, re.DOTALL) else NO


def test(operator, operands, value, context):
    if operator == "Null":
        return YES if operands[0] == ("true" if value in (None, ()) else "false") else NO
    over, _, rest = operator.rpartition(":")
    name = rest.removesuffix("IfExists")
    if value in (None, ()):
        return YES if over == "ForAllValues" or (not over and ("Not" in name or rest != name)) else NO
    if not over:
        return one(name, operands, value, context) if isinstance(value, str) else NO
    answers = [one(name, operands, each, context) for each in ([value] if isinstance(value, str) else value)]
    return all_of(*answers) if over == "ForAllValues" else any_of(*answers)


def one(name, operands, value, context):
    if "Not" in name:
        return opposite(any_of(*(compare(name.replace("Not", ""), operand, value, context, EITHER) for operand in operands)))
    return any_of(*(compare(name, operand, value, context, NO) for operand in operands))


def compare(name, operand, value, context, nameless):
    if name.startswith("String"):
        text = filled(operand, context)
        if not isinstance(text, str):
            return nameless if text is None else EITHER
        shape = expression(text, ".") if name == "StringLike" else re.escape(text).replace("\\\x01", "\x01")
        return YES if re.fullmatch(unquoted(shape), value, re.DOTALL | (re.IGNORECASE if "IgnoreCase" in name else 0)) else NO
    known = {"Arn": like_arn, "IpAddress": within, "Bool": same_truth}
    if plainly := next((told for start, told in known.items() if name.startswith(start)), None):
        return YES if plainly(operand, value) else NO
    read = float if name.startswith("Numeric") else seconds
    try:
        given = read(value)
    except ValueError:
        return nameless
    wanted = read(operand)
    sign = name.removeprefix("Numeric").removeprefix("Date")
    held = {
        "Equals": given == wanted,
        "LessThan": given < wanted,
        "LessThanEquals": given <= wanted,
        "GreaterThan": given > wanted,
        "GreaterThanEquals": given >= wanted,
    }
    return YES if held[sign] else NO


def like_arn(pattern, value):
    *heads, tail = pattern.split(":", 5)
    return re.fullmatch(":".join([*(expression(head, "[^:]") for head in heads), expression(tail, ".")]), value, re.DOTALL)


def same_truth(operand, value):
    return operand.lower() == value.lower()


def seconds(text):
    return int(text) if text.isdigit() else datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp()


def within(block, address):
    base, _, length = block.partition("/")
    shift = 32 - int(length or 32)
    return number(base) >> shift == number(address) >> shift


def number(address):
    first, second, third, fourth = map(int, address.split("."))
    return ((first * 256 + second) * 256 + third) * 256 + fourth
