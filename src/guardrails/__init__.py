"""Keeps real access, encryption and network exposure equal to what is declared."""

__version__ = "0.1.0"
