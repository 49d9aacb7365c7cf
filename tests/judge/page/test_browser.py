"""The page in a browser: it says nothing on the console, asks the network for nothing, and fits its window."""

import pytest
from tests.browser import POLICY, needed, opened, widths
from tests.judge.page.material import census_verdict, hostile_verdict, program_verdict

from earnest.judge.page.page import verdict_page

pytestmark = needed


@pytest.mark.parametrize("made", [program_verdict, census_verdict, hostile_verdict])
def test_nothing_on_the_console(tmp_path, made):
    seen, console = opened(tmp_path, verdict_page(made()))
    assert "</footer>" in seen
    assert console == []


@pytest.mark.parametrize(
    ("planted", "policy"),
    [
        ('<script>throw new Error("planted")</script>', False),
        ('<script>throw new Error("planted")</script>', True),
        ('<img src="missing.png" onerror="missing()">', False),
        ('<img src="missing.png">', True),
        ('<link rel="stylesheet" href="http://127.0.0.1:9/planted.css">', True),
        ('<style>@import "http://127.0.0.1:9/planted.css";</style>', True),
    ],
)
def test_an_error_or_a_request_would_be_on_the_console(tmp_path, planted, policy):
    page = verdict_page(program_verdict()).replace("</body>", f"{planted}</body>")
    _, console = opened(tmp_path, page if policy else POLICY.sub("", page))
    assert console


def test_the_page_fits_a_telephone(tmp_path):
    page = POLICY.sub("", verdict_page(program_verdict())).replace("<details>", "<details open>")
    wide, window = widths(tmp_path, page)
    assert wide == window <= 400
