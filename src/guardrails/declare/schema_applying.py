"""The JSON Schema of the sections about changing systems."""

from __future__ import annotations

from guardrails.declare.shapes import ANY, DURATION, NUMBER, TEXT, TEXTS, Schema, mapped, named, said

__all__ = ["remediation"]


def remediation() -> Schema:
    """Both sections."""
    return {
        "apply": mapped(
            "How systems may be changed: how much at once, when, and what never.",
            environment=said(TEXT, "What plans are for; a signature for another environment does not count. `default` when absent."),
            freeze=said(TEXT, "Why nothing may be changed at all."),
            expires=said(DURATION, "How long a plan may be applied after it was made; 24h at most, and when absent."),
            windows=said(TEXTS, "When it may, such as `Mon-Thu 08:00-15:00`, in the time zone of `state`; at any time when absent."),
            limits=mapped(
                "How much one plan may change; a plan beyond is refused.",
                changes=said(NUMBER, "Changes in all; 20 when absent."),
                percent=said(NUMBER, "Of what was seen of a kind, and one at least; 5 when absent."),
                per_person=said(NUMBER, "Changes that take from one person; 10 when absent."),
                shrunk_percent=said(NUMBER, "By how much less may be seen of a system than last time; 10 when absent."),
            ),
            never=named(
                "What is protected, by its exact name.",
                said({"enum": ["any", "remove-last"]}, "`any`: nothing is taken from it. `remove-last`: its last member stays."),
            ),
            approvals=mapped(
                "Who must sign a plan, beyond what the roster asks for.",
                quorum=said(NUMBER, "How many members; it counts where it is more than the roster's threshold, which nothing here lowers."),
                **{"not": said(TEXTS, "`plan-author`, whose signature never counts. Others are told as not evaluated yet.")},
            ),
            standing=ANY,
            managed_by=ANY,
            quarantine=ANY,
        ),
        "emergency": named(
            "Accounts for emergencies, from which nothing is ever taken.",
            mapped(
                "One of them.",
                ["principals"],
                principals=said(TEXTS, "Who it is, such as aws@prod:user/bg-1."),
                custodians=ANY,
                tested=ANY,
                on_use=ANY,
            ),
        ),
    }
