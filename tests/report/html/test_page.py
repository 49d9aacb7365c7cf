"""The page says what the report says, and no text of a stranger is more than text."""

import base64
import hashlib
import json
import re
from html import unescape

import pytest
from tests.report.material import HOSTILE, evaluation, experiment, hostile_report, rich_report, rich_rows

from earnest.report.html.content import report
from earnest.report.html.page import report_page
from earnest.report.markdown import read_table
from earnest.report.pages import TABLES

SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL)


def without_scripts(page):
    return SCRIPT.sub("", page)


def test_every_section_shows_its_rows(tmp_path):
    page = report_page(rich_report(tmp_path))
    shown = unescape(re.sub(r"<[^>]+>", "", without_scripts(page)))
    for told in ("646 utterances, 10,000 words", "8 utterances", "H4: integers", "0123456", "x86_64, 2 cores"):
        assert told in shown
    for told in ("conformer, w4a8, int8x16", "work/a.jsonl", "2 got worse, by 9 errors", "1-2-0004", "+6"):
        assert told in shown
    assert "more than 10 above float: 1 of these programs" in shown
    assert "<mark>CATS</mark>" in page
    assert "<ins>NOW</ins>" in page
    assert "<del>MAT</del>" in page


def test_the_tables_are_those_of_the_documents(tmp_path):
    content = rich_report(tmp_path)
    shown = [
        [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", line)]
        for line in re.findall(r"<tr>(.*?)</tr>", without_scripts(report_page(content)))
    ]
    for name in ("results", "best", "sensitivity", "evaluations"):
        table = read_table(TABLES[name](content.rows))
        assert table.lines
        for line in (table.heading, *table.lines):
            assert list(line) in shown, name


def test_a_figure_stands_in_the_page_for_every_plot(tmp_path):
    page = report_page(rich_report(tmp_path))
    (figures,) = [json.loads(text) for kind, text in SCRIPT.findall(page) if "application/json" in kind]
    places = re.findall(r'<div class="plot" id="([a-z0-9-]+)">', page)
    assert sorted(places) == sorted(figures) == ["bytes-0", "bytes-1", "scan-0", "time-0"]


def test_plotly_stands_in_the_page_once_and_nothing_is_fetched(tmp_path):
    page = report_page(rich_report(tmp_path))
    assert page.count("plotly.js v") == 1
    assert not re.search(r"<(?:script|img|iframe)[^>]*\ssrc=|<link[^>]*stylesheet|@import", without_scripts(page))
    assert [kind for kind, _ in SCRIPT.findall(page)] == [' type="application/json" id="figures"', "", ""]


def test_the_policy_allows_the_scripts_of_the_page_alone(tmp_path):
    page = report_page(rich_report(tmp_path))
    policy = unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', page)[0])
    digests = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in SCRIPT.findall(page)
        if not kind
    ]
    assert f"script-src {' '.join(repr('sha256-' + digest) for digest in digests)};" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "")


def test_hostile_texts_stay_texts(tmp_path):
    page = report_page(hostile_report(tmp_path))
    assert HOSTILE not in page
    assert len(SCRIPT.findall(page)) == page.count("<script") == 3
    rest = without_scripts(page).lower()
    assert "<img" not in rest
    assert "javascript:" not in re.sub(r">[^<]*<", "><", rest)
    assert "\u202e" not in page
    assert "\\ud800" in page
    assert "{{ 7 * 7 }}" in unescape(page)
    page.encode("utf-8")


def test_an_empty_ledger_is_said(tmp_path):
    page = report_page(report([], []))
    assert "The ledger is empty" in page
    assert "<script" not in page
    assert "script-src &#39;none&#39;" in page


@pytest.mark.parametrize("missing", ["evaluation", "sensitivity"])
def test_what_a_ledger_has_not_is_said(missing):
    page = report_page(report([row for row in rich_rows() if row.kind != missing], []))
    told = {"evaluation": "The ledger holds no evaluation.", "sensitivity": "no scan of sensitivities"}
    assert told[missing] in page
    assert "No work folder was given" in page


def test_rows_without_times_are_counted(tmp_path):
    assert "whose rows <code>earnest run</code> did not make: 1." in report_page(
        report([evaluation(), experiment()], [])
    )
    assert "No row tells milliseconds" in report_page(report([evaluation()], []))
    assert "without milliseconds" not in report_page(report([experiment()], []))


def test_a_folder_without_texts_is_said(tmp_path):
    assert "No texts of an evaluation" in report_page(report([evaluation()], [tmp_path]))
