"""How much of the work is done for each frame, and how much is taken from others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """What the network and the search for motion are spared."""

    every: int = 1  # of so many frames the network sees one; colour is carried
    scale: int = 2  # the network's pixels to one where motion is found


ALONE = Pace()  # each frame for itself
USUAL = Pace(every=4)
FAST = Pace(every=12, scale=4)  # at the size of ab itself


def pace_of(smooth: int, *, fast: bool = False) -> Pace:
    """Return the pace if so many frames have a say in each one's colours."""
    if not smooth:
        return ALONE
    return FAST if fast else USUAL
