"""Sphinx configuration: MyST pages, the pydata theme, nothing fetched from elsewhere."""

from importlib import metadata

try:
    release = metadata.version("cxsim")
except metadata.PackageNotFoundError:
    release = "development"

version = release
project = "cxsim"
author = "the cxsim contributors"
copyright = author

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "description"

html_theme = "pydata_sphinx_theme"
html_title = "cxsim"
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
