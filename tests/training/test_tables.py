import pytest

from training.tables import print_tables


def test_what_was_not_measured_stays_empty(capsys: pytest.CaptureFixture[str]) -> None:
    figures = {
        "grey": {"psnr": 20.0, "gain": 0.0, "colorfulness": 0.0},
        "mine": {"psnr": 21.25, "gain": 1.25, "colorfulness": 12.5, "hints": 2.5},
    }
    print_tables(figures, {"mine": {0.4: {"psnr": 21.5, "gain": 1.5}}})
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if "mine" in line and "│" in line]
    assert [cell.strip() for cell in rows[0].split("│")[2:5]] == [
        "21.25",
        "+1.25",
        "12.5",
    ]
    assert "+2.50" in rows[1]  # of the table of hints; grey has no line there
    assert any("0.40" in line and "+1.50" in line for line in lines)
    assert sum("grey" in line and "│ grey" in line for line in lines) == 1
