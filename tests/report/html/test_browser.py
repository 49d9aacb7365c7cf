"""The page in a browser: plots are drawn, no hostile text runs, the console is silent, and it fits its window."""

import pytest
from tests.browser import POLICY, needed, opened, widths
from tests.report.material import HOSTILE, hostile_report, rich_report, sparse_report

from earnest.report.html.content import report
from earnest.report.html.page import report_page

pytestmark = needed


@pytest.mark.parametrize("made", [rich_report, sparse_report, hostile_report])
def test_all_plots_are_drawn_and_nothing_is_on_the_console(tmp_path, made):
    page = report_page(made(tmp_path))
    seen, console = opened(tmp_path, page)
    assert console == []
    assert "</footer>" in seen
    assert seen.count('class="main-svg"') >= page.count('class="plot"') >= 2
    assert "<title>earnest: results</title>" in seen


def test_an_empty_page_is_silent(tmp_path):
    seen, console = opened(tmp_path, report_page(report([], [])))
    assert (console, "The ledger is empty" in seen) == ([], True)


def test_a_hostile_text_that_stood_in_the_page_would_run_but_for_the_policy(tmp_path):
    page = report_page(hostile_report(tmp_path)).replace("</footer>", f"</footer>{HOSTILE}")
    seen, _ = opened(tmp_path, POLICY.sub("", page))
    assert "<title>pwned</title>" in seen
    seen, console = opened(tmp_path, page)
    assert "<title>earnest: results</title>" in seen
    assert console


@pytest.mark.parametrize(("scheme", "colour"), [(0, "rgb(228, 231, 235)"), (1, "rgb(27, 31, 36)")])
def test_plots_follow_the_page_from_light_to_dark(tmp_path, scheme, colour):
    seen, _ = opened(tmp_path, report_page(rich_report(tmp_path)), f"--blink-settings=preferredColorScheme={scheme}")
    assert f"fill: {colour}" in seen
    assert "var(--series" not in seen.partition('<script type="application/json"')[0].partition("</style>")[2]


@pytest.mark.parametrize("made", [rich_report, hostile_report])
def test_the_page_fits_a_telephone(tmp_path, made):
    page = POLICY.sub("", report_page(made(tmp_path))).replace("<details>", "<details open>")
    wide, window = widths(tmp_path, page)
    assert wide == window <= 400
