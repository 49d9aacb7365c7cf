"""The page in a browser: it says nothing on the console, asks the network for nothing, and fits its window."""

import re
import shutil
import subprocess

import pytest
from tests.judge.page.material import census_verdict, hostile_verdict, program_verdict

from earnest.judge.page.page import verdict_page

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
NARROW = """<!doctype html><body><iframe id="page" width="400" height="900"></iframe><script>
const page = document.getElementById("page");
page.onload = () => {
  const root = page.contentDocument.documentElement;
  document.body.dataset.wide = root.scrollWidth + " of " + root.clientWidth;
};
page.srcdoc = %s;
</script>"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


def opened(folder, page):
    """What the browser makes of a page, and its lines on the console: errors, refusals, failed requests."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    switches = "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-sync"
    done = subprocess.run(
        [
            str(BROWSER),
            *(f"--{switch}" for switch in f"{switches} disable-component-update dump-dom".split()),
            *("--enable-logging=stderr", "--v=0", f"--user-data-dir={folder / 'profile'}", file.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


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
    import json

    page = POLICY.sub("", verdict_page(program_verdict())).replace("<details>", "<details open>")
    inside = json.dumps(page).replace("</", "<\\/")
    seen, _ = opened(tmp_path, NARROW % inside)
    found = re.search(r'data-wide="(\d+) of (\d+)"', seen)
    assert found
    assert int(found[1]) == int(found[2]) <= 400
