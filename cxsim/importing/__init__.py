"""Exports of contact-center systems, read into three tables whose columns are always the same."""

from __future__ import annotations

from cxsim.importing.export import Export
from cxsim.importing.read_export import read_export
from cxsim.tables.faults import ExportError, Question
from cxsim.tables.steps import Cancelled

__all__ = ["Cancelled", "Export", "ExportError", "Question", "read_export"]
