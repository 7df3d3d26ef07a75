"""What a shot, or a whole film, has scored."""

from collections import defaultdict
from dataclasses import dataclass

from vidcolor.evaluation.comparison import Values
from vidcolor.metrics.cdc import GAPS, mean_over_gaps
from vidcolor.metrics.fidelity import to_decibels


@dataclass(frozen=True, slots=True)
class Both:
    """A figure of the truth and of the result; None where there is none."""

    truth: float | None
    result: float | None


@dataclass(frozen=True, slots=True)
class Steadiness(Both):
    """A figure that the truth has, too, and that more of is worse."""

    excess: float | None  # of the result over the truth, not below 0


@dataclass(frozen=True, slots=True)
class Scores:
    """What frames have scored; in dictionaries, by the name of the variant."""

    frames: int
    psnr: float  # dB; infinite where all is equal
    ssim: float
    colorfulness: dict[str, Both]  # ddcolor, hasler
    cdc: dict[str, Both]  # rgb, ab
    warp: dict[str, Steadiness]  # rgb in 0..1, ab in its own units; both squared


class Tally:
    """The means of what was measured, over frames or pairs of them, as they come."""

    def __init__(self) -> None:
        self._sums = defaultdict[str, float](float)
        self._counts = defaultdict[str, int](int)

    def add(self, values: Values) -> None:
        """Take in one frame."""
        for name, value in values.items():
            self._sums[name] += value
            self._counts[name] += 1

    def scores(self) -> Scores:
        """Return what has come so far, one frame at least."""
        return Scores(
            frames=self._counts["ssim"],
            # Of the mean error, as FFmpeg has it: the mean of decibels is infinite as
            # soon as one frame is equal, and old films have black ones.
            psnr=to_decibels(self._sums["squared error"] / self._counts["ssim"]),
            ssim=self._sums["ssim"] / self._counts["ssim"],
            colorfulness={name: self._both(name) for name in ("ddcolor", "hasler")},
            cdc={space: self._cdc(space) for space in ("rgb", "ab")},
            warp={space: self._warp(space) for space in ("rgb", "ab")},
        )

    def _mean(self, name: str) -> float | None:
        count = self._counts.get(name)
        return self._sums[name] / count if count else None

    def _both(self, name: str) -> Both:
        return Both(self._mean(f"truth {name}"), self._mean(f"result {name}"))

    def _cdc(self, space: str) -> Both:
        def of(film: str) -> float | None:
            means = {gap: self._mean(f"{film} cdc {space} {gap}") for gap in GAPS}
            return mean_over_gaps({g: m for g, m in means.items() if m is not None})

        return Both(of("truth"), of("result"))

    def _warp(self, space: str) -> Steadiness:
        both = self._both(f"warp {space}")
        if both.truth is None or both.result is None:
            return Steadiness(None, None, None)
        return Steadiness(both.truth, both.result, max(0.0, both.result - both.truth))
