"""Policies drawn at random, from a small world in which rules meet often."""

from __future__ import annotations

from hypothesis import strategies as st

from guardrails.vault.rules import Policy, Rule

SEGMENTS = ("a", "b", "ab", "abc", "+", "+", "a+")
OPERATIONS = ("read", "update", "list", "delete", "sudo")


def some_path(dice, segments=SEGMENTS):
    """A path of a rule."""
    path = "/".join(dice.choice(segments) for _ in range(dice.randint(1, 4)))
    kind = dice.random()
    if kind < 0.3:
        return f"{path}/*"
    if kind < 0.5 and not path.endswith("+"):
        return f"{path}*"
    return f"{path}/" if kind < 0.6 else path


def some_rule(dice, policy="p"):
    """A rule, one of five denying."""
    given = ["deny"] if dice.random() < 0.2 else dice.sample(OPERATIONS, dice.randint(1, 3))
    return Rule(path=some_path(dice), capabilities=frozenset(given), policy=policy)


def some_policy(dice, name="p", most=6):
    """A policy of a few rules."""
    return Policy(name=name, rules=tuple(some_rule(dice, name) for _ in range(dice.randint(1, most))))


dice = st.randoms(use_true_random=False)
