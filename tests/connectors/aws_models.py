"""The models of the services of AWS, read once for a whole block: botocore reads them again for each session, which costs more than the calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.loaders import Loader

__all__ = ["models_read_once"]


@contextmanager
def models_read_once() -> Iterator[None]:
    models = Loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda _path: models)
        yield
