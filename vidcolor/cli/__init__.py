"""The command line: reads options, calls the library, reports. No work is done here.

Torch takes seconds to import, so everything that needs it is imported where it is
used: help and mistakes are answered at once.
"""

from vidcolor.cli.app import main
from vidcolor.cli.codes import DAMAGED, FAILED, INTERRUPTED, WRONG_USAGE

__all__ = ["DAMAGED", "FAILED", "INTERRUPTED", "WRONG_USAGE", "main"]
