"""What makes the pictures and tables of the docs still fits the code."""

from pathlib import Path
from runpy import run_path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("script", sorted(DOCS.glob("*.py")), ids=lambda p: p.name)
def test_a_script_finds_all_that_it_imports(script: Path) -> None:
    assert "main" in run_path(str(script))
