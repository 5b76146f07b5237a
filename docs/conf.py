"""How the documentation is rendered: `make docs`. Warnings are errors."""

from __future__ import annotations

from guardrails import __version__

project = "guardrails"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "tutorial"]
html_theme = "furo"
html_title = f"guardrails {version}"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
napoleon_use_ivar = True  # attributes as a list: the classes tell them in their own docstring
toc_object_entries = False
