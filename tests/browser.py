"""A page in headless Chromium: what it becomes, and what it says on the console."""

import json
import re
import shutil
import subprocess

import pytest

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

needed = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


def opened(folder, page, *more):
    """What the browser makes of a page, and its lines on the console: errors, refusals, failed requests."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    switches = "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-sync"
    done = subprocess.run(
        [
            str(BROWSER),
            *(f"--{switch}" for switch in f"{switches} disable-component-update dump-dom".split()),
            *("--enable-logging=stderr", "--v=0", f"--user-data-dir={folder / 'profile'}", *more, file.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def widths(folder, page):
    """How wide a page without its policy is, and the window of 400 pixels that it stands in."""
    inside = json.dumps(page).replace("</", "<\\/").replace("<!--", "<\\u0021--")
    seen, _ = opened(folder, NARROW % inside)
    found = re.search(r'data-wide="(\d+) of (\d+)"', seen)
    assert found
    return int(found[1]), int(found[2])
