"""Keeps clients from writing secrets to logs: at DEBUG botocore writes secret keys, ldap3 passwords, http.client tokens."""

from __future__ import annotations

import logging

__all__ = ["quiet"]


def quiet(*libraries: str) -> None:
    """Leave no logger of a library below INFO, whatever was set, nor any below it that has a level of its own."""
    known = logging.root.manager.loggerDict
    for name in (*libraries, *(name for name in known if name.startswith(tuple(f"{library}." for library in libraries)))):
        logger = logging.getLogger(name)
        if logger.level or name in libraries:
            logger.setLevel(max(logging.INFO, logger.level))
