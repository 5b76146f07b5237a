"""Answers of NetBox's REST API saved in files: every page is there and counted, or nothing is taken from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from guardrails.connectors.netbox.answers import ENDPOINTS, Found, without_secrets
from guardrails.errors import ConnectorError

__all__ = ["read_export"]

_REMEDY = "save every page of GET /api/ipam/prefixes/ and its like again, with the default paging"


def read_export(path: Path) -> Mapping[str, Found]:
    """What was saved, by endpoint: lists of objects, pages, or lists of pages.

    A file is an object keyed by endpoint. In a folder a file may also be one page or list, and then its name is the endpoint.

    Raises:
        ConnectorError: A file cannot be read, or a page is missing. The message holds nothing of the files.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise ConnectorError(f"{path}: the folder holds no .json file", remedy="name the folder of a NetBox export")
    found: dict[str, Found] = {}
    for file in files:
        for endpoint, saved in _endpoints(file, _loaded(file), lone=path.is_dir()):
            if endpoint in found:
                raise ConnectorError(f"{file}: {endpoint} stands in another file as well", remedy="keep all its pages in one list")
            found[endpoint] = _whole(f"{file}: {endpoint}", endpoint, saved)
    if not found:
        raise ConnectorError(f"{path}: holds none of {', '.join(ENDPOINTS)}", remedy=_REMEDY)
    return found


def _loaded(file: Path) -> Any:  # noqa: ANN401  # JSON
    try:
        return json.loads(file.read_bytes(), object_pairs_hook=_once)
    except OSError as error:
        raise ConnectorError(f"{file}: {error.strerror}", remedy="name an export that can be read") from error
    except (ValueError, RecursionError):
        # the decoder's own words may quote the text, which may hold the key of a token
        raise ConnectorError(f"{file}: not JSON, or a key stands twice", remedy=_REMEDY) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _endpoints(file: Path, saved: Any, *, lone: bool) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # JSON
    if lone and (isinstance(saved, list) or _is_page(saved)):
        saved = {file.stem: saved}
    if not isinstance(saved, dict) or _is_page(saved):
        raise ConnectorError(f"{file}: not an object keyed by endpoint", remedy=f'write {{"prefixes": [...]}}; {_REMEDY}')
    yield from ((endpoint, saved[endpoint]) for endpoint in ENDPOINTS if endpoint in saved)


def _is_page(value: object) -> bool:
    return isinstance(value, dict) and "results" in value


def _whole(where: str, endpoint: str, saved: Any) -> Found:  # noqa: ANN401  # JSON
    pages = [saved] if _is_page(saved) else saved
    if not isinstance(pages, list):
        raise ConnectorError(f"{where} is neither a list nor a page", remedy=_REMEDY)
    counted = None
    objects = pages
    if any(map(_is_page, pages)):
        objects, counted = _joined(where, pages)
    ids = [found.get("id") if isinstance(found, dict) else None for found in objects]
    if not all(type(identifier) is int for identifier in ids) or len(set(ids)) != len(ids):
        raise ConnectorError(f"{where}: an object has no id of its own", remedy=_REMEDY)
    return Found(objects=without_secrets(endpoint, objects), pages=len(pages) if counted is not None else 1, counted=counted)


def _joined(where: str, pages: list[Any]) -> tuple[list[Any], int]:
    if not all(_is_page(page) and isinstance(page["results"], list) and "next" in page for page in pages):
        raise ConnectorError(f"{where}: pages and objects are mixed, or a page lacks its parts", remedy=_REMEDY)
    if any(page["next"] is None for page in pages[:-1]) or pages[-1]["next"] is not None:
        raise ConnectorError(f"{where}: a page names a next one that does not follow, or follows the last", remedy=_REMEDY)
    objects = [found for page in pages for found in page["results"]]
    counts = {page.get("count") for page in pages}
    if counts != {len(objects)}:
        raise ConnectorError(f"{where}: {len(objects)} objects are there, and the pages count otherwise", remedy=_REMEDY)
    return objects, len(objects)
