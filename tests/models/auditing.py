"""What the judge says of the program of a folder, and of the folder itself."""

import json
from pathlib import Path
from typing import Any

from earnest.cli import main


def check_judged_and_replayed(folder: Path, program: Path, data: Path, certificate: Path, capsys: Any) -> None:
    """H4, replayed, its certificate verified; the float model is none."""
    asked = ["--replay", "--data", str(data), "--limit", "2", "--certificate", str(certificate)]
    assert main(["audit", str(program), *asked, "--require", "H4", "--json", "--quiet"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["level"], verdict["replayed"], verdict["float_operators"]) == ("H4", True, 0)
    assert main(["audit", str(program), "--verify", str(certificate), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []
    assert main(["audit", str(folder), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["level"] == "none"
