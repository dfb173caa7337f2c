"""Sphinx configuration: MyST pages, the pydata theme, nothing fetched from elsewhere."""

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for generate.py
from generate import fill

try:
    release = metadata.version("cxsim")
except metadata.PackageNotFoundError:
    release = "development"

version = release
project = "cxsim"
default_role = "code"
author = "the cxsim contributors"
copyright = author

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = "cxsim"
html_static_path = ["_static"]
html_css_files = ["cxsim.css"]
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}


def _generated(app, page, source):  # the parts that the code itself knows
    source[0] = fill(source[0])


def setup(app):
    app.connect("source-read", _generated)
