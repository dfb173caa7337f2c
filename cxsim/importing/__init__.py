"""Exports of contact-center systems, read into three tables whose columns are always the same."""

from __future__ import annotations

from cxsim.importing.export import Export
from cxsim.importing.read_export import read_export
from cxsim.tables.faults import ExportError, Question

__all__ = ["Export", "ExportError", "Question", "read_export"]
