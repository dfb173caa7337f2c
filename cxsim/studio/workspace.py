"""The starting folder of a studio: the scenarios in it, and its hidden folder of drafts."""

from __future__ import annotations

import base64
import os
import zipfile
from pathlib import Path
from urllib.parse import quote

from cxsim.scenario import examples
from cxsim.scenario.io.faults import Fault, ScenarioError, shown
from cxsim.scenario.model.nearest_names import suggestion
from cxsim.storage.whole_files import write_whole

HIDDEN = ".cxsim-studio"
ENDINGS = (".yaml", ".yml")
WORKBOOK = ".xlsx"  # a scenario too, which is read and never written over
EXAMPLE = "example:"  # before the name of a shipped example
MOST_LISTED = 500
DEEPEST = 4  # folders below the starting folder that are looked through
_HEAD = 64 * 1024
_SHEETS = ("reasons", "teams")  # that every scenario has


class Workspace:
    """A starting folder. Nothing outside it is read or written, except shipped examples, which are only read."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))

    def scenarios(self) -> list[str]:
        """The scenario files of the folder, by their path in it, those nearest the top first."""
        found: list[str] = []
        for at, folders, files in os.walk(self.root):
            depth = len(Path(at).relative_to(self.root).parts)
            folders[:] = sorted(f for f in folders if not f.startswith(".")) if depth < DEEPEST else []
            for file in sorted(files):
                path = Path(at) / file
                if not file.startswith((".", "~$")) and _is_scenario(path) and self._holds(path):
                    found.append(path.relative_to(self.root).as_posix())
            if len(found) >= MOST_LISTED:
                break
        return sorted(found[:MOST_LISTED], key=lambda name: (name.count("/"), name))

    def locate(self, name: str) -> Path:
        """The file of a scenario by its path in the folder, or by `example:` and its name.

        Raises ScenarioError for a path outside the folder, an ending of another kind, or a file that is not there.
        """
        if name.startswith(EXAMPLE):
            try:
                return examples.folder() / f"{examples.named(name.removeprefix(EXAMPLE))}.yaml"
            except ValueError as error:
                raise refused(name, str(error)) from None
        path = self.inside(name)
        if path.suffix not in (*ENDINGS, WORKBOOK):
            raise refused(name, f"{shown(name)!r} is not a scenario file; name a .yaml file or a workbook (.xlsx)")
        if not os.path.isfile(path):  # unlike `is_file`, also of names that are too long
            fix = suggestion(name, self.scenarios(), "the scenarios are")
            raise refused(name, f"{shown(name)!r} is not a file of the starting folder; {fix}")
        return path

    def inside(self, name: str) -> Path:
        """A path of the starting folder, links followed. ScenarioError for one outside it."""
        rule = f"{shown(name)!r} is outside the starting folder; start the studio in the folder that holds it"
        if not name or "\0" in name or len(name) > 1000:
            raise refused(name, f"{shown(name)!r} is not a path of the starting folder")
        try:
            path = Path(os.path.realpath(self.root / name))
        except (OSError, ValueError):
            raise refused(name, rule) from None
        if not path.is_relative_to(self.root):
            raise refused(name, rule)
        return path

    def _holds(self, path: Path) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(self.root)

    def draft(self, name: str) -> Path:
        """Where the unsaved changes of a scenario are kept."""
        return self.root / HIDDEN / f"{quote(name, safe='')}.json"

    def keep(self, path: Path, data: bytes) -> None:
        """Write a file of the hidden folder whole or not at all."""
        self.hidden()
        write_whole(path, data)

    def hidden(self) -> None:
        """Make the hidden folder, for its owner only and for no repository."""
        folder = self.root / HIDDEN
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
            write_whole(folder / ".gitignore", b"*\n")

    def session_key(self) -> str:
        """The key of the folder's sessions: the same after a restart, so that an open page goes on."""
        path = self.root / HIDDEN / "session"
        try:
            held = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            held = ""
        if len(held) >= 32:
            return held
        made = secret()
        try:
            self.keep(path, made.encode())
            path.chmod(0o600)
        except OSError:  # a folder that cannot be written to: sessions end with the server
            pass
        return made


def secret() -> str:
    """A text that cannot be guessed, of letters that an address may have."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def refused(value: str, sentence: str) -> ScenarioError:
    """What was asked for, refused in a sentence that has rule and fix."""
    quoted = f"{shown(value)!r} "
    rule, _, fix = sentence.removeprefix(quoted).partition("; ")
    return ScenarioError([Fault("request", "", shown(value) if sentence.startswith(quoted) else "", rule, fix)])


def _is_scenario(path: Path) -> bool:
    if path.suffix == WORKBOOK:
        return _is_book(path)
    if path.suffix not in ENDINGS:
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return any(line.startswith((b"cxsim:", b"\xef\xbb\xbfcxsim:", b"reasons:")) for line in head.splitlines())


def _is_book(path: Path) -> bool:
    """Whether a workbook has sheets of a scenario, by their titles alone."""
    try:
        with zipfile.ZipFile(path) as book, book.open("xl/workbook.xml") as file:
            text = file.read(_HEAD).decode("utf-8", "replace").casefold()
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False
    return all(f'name="{title}"' in text for title in _SHEETS)
