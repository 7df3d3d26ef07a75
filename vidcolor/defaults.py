"""What holds unless somebody says otherwise, where help must not wait for torch."""

RADIUS = 8  # neighbours on each side that ab is averaged over
