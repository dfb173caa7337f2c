"""The page, the workbook and `cxsim report`."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from example_result import example_result

from cxsim.cli.report import report
from cxsim.report.run import words
from cxsim.report.run.page import page
from cxsim.report.run.pictures import draw, plan
from cxsim.report.run.workbook import workbook

DAY = example_result()
EVIL = example_result(queues=("=1+1", "<script>alert(1)</script>"), groups=("+3",))


class Checker(HTMLParser):
    """Collects tags and whatever would reach for the network."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.reaches: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action") and not (value or "").startswith(("#", "data:")):
                self.reaches.append(f"{tag} {name}={value}")


@pytest.fixture(scope="module")
def html() -> str:
    return page(DAY, draw(DAY, formats=()))


def test_the_page_stands_alone(html: str) -> None:
    checker = Checker()
    checker.feed(html)
    assert checker.reaches == [] and checker.tags.count("script") <= 1 and "link" not in checker.tags
    assert "@import" not in html and not re.search(r"url\((?!#)", html)
    assert checker.tags.count("svg") == 8 and checker.tags.count("details") == 10


def test_the_page_says_what_its_pictures_say_and_what_it_assumes(html: str) -> None:
    plain = html.replace("\u00a0", " ").replace("&#39;", "'")
    assert DAY.headline() in plain
    for say in (words.service_level, words.offered, words.staffing, words.erlang):
        assert say(DAY) in plain
    for text in (*DAY.assumptions, *DAY.definitions.values()):
        assert text in plain
    assert "too close to call" in plain and "95% interval" in plain


def test_ids_of_the_pictures_do_not_clash(html: str) -> None:
    ids = re.findall(r' id="([^"]+)"', html)
    repeated = {each for each in ids if ids.count(each) > 1}
    assert repeated == set()


def test_names_cannot_break_out_of_the_page() -> None:
    text = page(EVIL, draw(EVIL, formats=()))
    assert "<script>alert" not in text and text.count("<script") == text.count("script-src 'sha256-") == 1
    assert "&lt;script&gt;" in text


def test_queues_that_find_no_panel_are_said_to_be_left_out() -> None:
    many = example_result(queues=tuple(f"queue {i}" for i in range(18)))
    drawn = {picture.key: picture for picture, _ in plan(many)}
    assert drawn["wait"].sentence.endswith("The 15 largest of 18 queues are drawn.")
    assert "largest" not in drawn["staffing"].sentence


def test_the_notebook_view_is_a_fragment() -> None:
    text = DAY._repr_html_()
    assert text.startswith("<div") and "2 of 4 targets are missed" in text and "<html" not in text


def test_a_run_without_targets_or_replications_has_its_page_too() -> None:
    small = example_result(queues=("sales",), groups=("team",), replications=1, targets=False)
    text = page(small, draw(small, formats=()))
    assert "No targets are set" in text and ">nan" not in text and "±" not in text


def test_the_workbook_opens_with_a_sheet_a_table_and_charts() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(DAY)))
    names = book.sheetnames
    assert names[:2] == ["Summary", "Charts"]
    assert {
        "Queues",
        "Groups",
        "All intervals",
        "Queue intervals",
        "Waits",
        "Erlang",
        "Plan",
        "Definitions",
    } <= set(names)
    assert len(book["Charts"]._charts) == 10
    sheet = book["Queue intervals"]
    assert sheet.freeze_panes == "D2" and sheet.auto_filter.ref is not None
    heads = [cell.value for cell in sheet[1]]
    column = heads.index("SL") + 1
    first = sheet.cell(2, column)
    assert first.number_format == "0.0%"
    assert first.value == pytest.approx(DAY.series("sl", "queue", "cards")["value"].iloc[0])
    assert heads[heads.index("SL") - 1] == "SL target"


def test_nothing_in_the_workbook_is_a_formula_or_a_link() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(EVIL)))
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert "=1+1" in {cell.value for cell in cells} and "+3" in {cell.value for cell in cells}


def test_the_workbook_is_the_same_bytes_every_time() -> None:
    assert workbook(DAY) == workbook(DAY)


def test_the_report_of_a_folder_can_be_made_again(tmp_path: Path) -> None:
    small = example_result(queues=("sales",), groups=("team",))
    folder = small.save(tmp_path / "run")
    before = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    (folder / "report.html").unlink()
    done = CliRunner().invoke(report, [str(folder)])
    assert done.exit_code == 0, done.output
    assert done.output.strip().endswith("report.html")
    assert {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert (folder / "figures" / "service_level.png").read_bytes().startswith(b"\x89PNG")


def test_the_report_of_something_else_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(report, [str(tmp_path)])
    assert done.exit_code == 2 and "not a cxsim result" in done.output
