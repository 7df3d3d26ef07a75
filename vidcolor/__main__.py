"""`python -m vidcolor` is `vidcolor`."""

from vidcolor.cli import main

main()
