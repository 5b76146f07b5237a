"""Policies and requests drawn at random for real servers: few names, so that rules meet, and each way to narrow a rule."""

from __future__ import annotations

import json

from vault_drawn import some_path

CAPABILITIES = ("create", "read", "update", "patch", "delete", "list", "sudo", "scan")
TEMPLATES = ("{{identity.entity.name}}", "{{identity.entity.metadata.team}}", "{{ identity.entity.metadata.none }}")
NAMES = ("x", "Y", "key", "*")
VALUES = ("v", "vw", "v*", "*w", "*v*", "*", "", True, False, 5, 1.5, ("v", "w"), ("v*",), (), ("v", True), "v,w")
SENT = ("v", "vw", "wv", "*", "", "v*", True, False, 5, 1.5, None, ["v", "w"], ["vx"], [], ["v", True], "v,w", {"v": "w"}, {})
TTLS = ("1s", "30s", '"60"', "2m", "1h", "90", "7200")


def asked_path(dice):
    """A path that somebody asks for."""
    path = "/".join(dice.choice(("a", "b", "ab", "abc", "z", "a+", "+", "team", "ann")) for _ in range(dice.randint(1, 4)))
    return f"{path}/" if dice.random() < 0.3 else path


def ruled_path(dice, *, templated):
    """A path of a rule; one of four holds a value of the one who asks, or two."""
    path = some_path(dice)
    if not templated or dice.random() > 0.25:
        return path
    path = path.replace(dice.choice(("a", "b")), dice.choice(TEMPLATES), 1)
    return f"{dice.choice(TEMPLATES)}/{path}" if dice.random() < 0.3 else path


def plain_policy(dice, *, templated=False):
    """A policy of which only paths, capabilities and ends count."""
    blocks = []
    for _ in range(dice.randint(1, 5)):
        given = ["deny"] if dice.random() < 0.15 else dice.sample(CAPABILITIES, dice.randint(0, 4))
        end = dice.choice(("2001-01-01", "2100-01-01")) if dice.random() < 0.1 else ""
        ends = f' expiration = "{end}T00:00:00Z"' if end else ""
        blocks.append(f'path "{ruled_path(dice, templated=templated)}" {{ capabilities = {json.dumps(given)}{ends} }}')
    return "\n".join(blocks)


def _listed(dice):
    return json.dumps(dice.sample(VALUES, dice.choice((0, 0, 1, 2, 4))))


def _parameters(dice):
    return "{ " + " ".join(f'"{name}" = {_listed(dice)}' for name in dice.sample(NAMES, dice.randint(0, 3))) + " }"


def narrowed_policy(dice, mount):
    """A policy on a mount with rules that are narrowed; the same path often stands twice."""
    blocks = []
    for _ in range(dice.randint(1, 4)):
        given = ["deny"] if dice.random() < 0.05 else dice.sample(CAPABILITIES, dice.randint(3, 6))
        path = dice.choice(("a", "a", "a*", "+", "b/+", "b/*", "*"))
        blocks.append(f'path "{mount}/{path}" {{ capabilities = {json.dumps(given)}{"".join(_limits(dice))} }}')
    return "\n".join(blocks)


def _limits(dice):
    for word in ("allowed_parameters", "denied_parameters"):
        if dice.random() < 0.3:
            yield f" {word} = {_parameters(dice)}"
    if dice.random() < 0.15:
        yield f" required_parameters = {json.dumps(dice.sample(('x', 'Y', 'key', 'limit'), dice.randint(1, 2)))}"
    if dice.random() < 0.1:
        yield f" pagination_limit = {dice.randint(1, 3)}"
    if dice.random() < 0.2:
        yield f" {dice.choice(('min', 'max'))}_wrapping_ttl = {json.dumps(dice.choice(TTLS).strip(chr(34)))}"


def some_body(dice):
    """Parameters of a write."""
    return {name: dice.choice(SENT) for name in dice.sample(("x", "X", "Y", "y", "key", "other", "*"), dice.choice((0, 1, 1, 2, 3)))}


def some_query(dice):
    """Parameters of a request without a body: texts only."""
    names = dice.sample(("x", "X", "Y", "key", "limit"), dice.choice((0, 0, 1, 2)))
    return {name: dice.choice(("1", "2", "3", "max", "many") if name == "limit" else ("v", "vw", "*", "")) for name in names}
