"""What kind of value each condition key has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Form", "KeyForm", "form_of"]


class Form(Enum):
    """How values of a key are compared."""

    TEXT = "text"
    TRUTH = "truth"
    ADDRESS = "address"
    NUMBER = "number"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class KeyForm:
    """The form of a key's values, whether a request can lack it, and whether it can have several."""

    form: Form
    may_lack: bool = True
    may_be_list: bool = False
    is_known: bool = True


def form_of(key: str) -> KeyForm:
    """The form of a key, in lower case."""
    return {
        "aws:securetransport": KeyForm(Form.TRUTH, may_lack=False),
        "aws:multifactorauthpresent": KeyForm(Form.TRUTH),
        "aws:requestedregion": KeyForm(Form.TEXT),
        "aws:principalarn": KeyForm(Form.TEXT),
        "aws:principaltag/team": KeyForm(Form.TEXT),
        "aws:sourceip": KeyForm(Form.ADDRESS),
        "aws:currenttime": KeyForm(Form.MOMENT, may_lack=False),
        "aws:tagkeys": KeyForm(Form.TEXT, may_be_list=True),
        "aws:multifactorauthage": KeyForm(Form.NUMBER),
        "s3:tlsversion": KeyForm(Form.NUMBER, may_lack=False),
    }.get(key, KeyForm(Form.TEXT, is_known=False))
