"""What holds unless somebody says otherwise, where help must not wait for torch."""

RADIUS = 16  # frames to come that have a say in a frame's colours, at most
EVERY = 4  # of so many frames the network sees one; colour is carried to the others
FAST = 12  # when told to be fast
