"""What holds unless somebody says otherwise, where help must not wait for torch."""

RADIUS = 16  # frames to come that have a say in a frame's colours, at most
