"""The one filter that an assertion needs, in the encoding of LDAP (RFC 4511, section 4.5.1.7.1; BER with definite lengths)."""

from __future__ import annotations

__all__ = ["equality"]

_OCTETS = 0x04
_EQUALITY = 0xA3
"""`equalityMatch [3] AttributeValueAssertion`."""
_SHORT = 0x80


def equality(attribute: str, value: str) -> bytes:
    """That an attribute has a value."""
    return _tagged(_EQUALITY, _tagged(_OCTETS, attribute.encode()) + _tagged(_OCTETS, value.encode()))


def _tagged(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < _SHORT:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, _SHORT | size]) + length.to_bytes(size, "big") + content
