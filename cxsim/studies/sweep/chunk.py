"""A chunk: points that one worker simulates at a time."""

from __future__ import annotations

from cxsim.studies.sweep.worker import Unit

Chunk = list[Unit]
