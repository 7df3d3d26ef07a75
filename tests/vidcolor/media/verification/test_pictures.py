"""Which frames of two films belong together, whatever happened to one of them."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidcolor.media.verification.pictures import Shown, compare, luma_psnr, pair

STEP = Fraction(1, 25)
_RANDOM = np.random.default_rng(0)
NOISE = [
    Shown(_RANDOM.integers(0, 256, (6, 8), np.uint8), number * STEP)
    for number in range(12)
]


@given(st.sets(st.integers(0, 11), min_size=1))
def test_frames_that_stand_alone_are_told_from_those_in_both(kept: set[int]) -> None:
    some = [NOISE[number] for number in sorted(kept)]
    lost = compare(pair(iter(NOISE), iter(some)), 8)
    assert (lost.frames, lost.missing, lost.added) == (len(some), 12 - len(some), 0)
    more = compare(pair(iter(some), iter(NOISE)), 8)
    assert (more.frames, more.missing, more.added) == (len(some), 0, 12 - len(some))
    assert lost.changed == more.changed == 0


@given(st.sampled_from([Fraction(1, 100), Fraction(1, 30), STEP, Fraction(1)]))
def test_a_film_shown_late_is_late_and_whole(late: Fraction) -> None:
    moved = [Shown(frame.luma, frame.seconds + late) for frame in NOISE]
    found = compare(pair(iter(NOISE), iter(moved)), 8)
    assert (found.frames, found.missing, found.added, found.changed) == (12, 0, 0, 0)
    assert found.time_error == found.moved == float(late)


def test_a_still_film_loses_frames_by_their_time() -> None:
    still = [Shown(NOISE[0].luma, frame.seconds) for frame in NOISE]
    found = compare(pair(iter(still), iter(still[:3] + still[6:])), 8)
    assert (found.frames, found.missing) == (9, 3)
    assert found.first_missing == pytest.approx(float(3 * STEP))
    assert found.time_error == 0


@given(st.sampled_from([Fraction(1, 100), STEP, 2 * STEP, Fraction(1)]))
def test_a_still_film_that_may_be_late_is_whole(late: Fraction) -> None:
    still = [Shown(NOISE[0].luma, frame.seconds) for frame in NOISE]
    moved = [Shown(NOISE[0].luma, frame.seconds + late) for frame in NOISE]
    found = compare(pair(iter(still), iter(moved), may_be_late=True), 8)
    assert (found.frames, found.missing, found.added) == (12, 0, 0)
    assert found.moved == float(late)
    lost = moved[:3] + moved[6:]
    found = compare(pair(iter(still), iter(lost), may_be_late=True), 8)
    assert (found.frames, found.missing) == (9, 3)
    assert found.first_missing == pytest.approx(float(3 * STEP))


def test_times_that_differ_to_and_fro_are_not_moved_alike() -> None:
    uneven = [
        Shown(frame.luma, frame.seconds + Fraction((-1) ** n, 200))
        for n, frame in enumerate(NOISE)
    ]
    found = compare(pair(iter(NOISE), iter(uneven)), 8)
    assert (found.time_error, found.moved) == (0.005, 0)


def test_deep_codes_are_compared_exactly() -> None:
    white = np.full((6, 8), 65535, np.uint16)
    changed = white.copy()
    changed[5, 7] -= 1
    zero = Fraction(0)
    found = compare([(Shown(white, zero), Shown(changed, zero))], 16)
    assert found.changed == 1
    assert found.psnr == pytest.approx(10 * np.log10(65535**2 * 48))


def test_another_picture_in_a_frame_s_place_is_told_from_a_coarse_one() -> None:
    ramp = np.tile(np.linspace(40, 200, 64, dtype=np.uint8), (48, 1))
    coarse = ramp // 32 * 32
    flat = np.full_like(ramp, ramp.mean())
    other = ramp[:, ::-1]
    times = [n * STEP for n in range(3)]
    pairs = [
        (Shown(ramp, time), Shown(luma, time))
        for time, luma in zip(times, (coarse, flat, other), strict=True)
    ]
    found = compare(pairs, 8)
    assert (found.changed, found.unlike) == (3, 1)
    assert found.first_unlike == float(times[2])


def test_black_frames_may_be_a_little_off() -> None:
    black, nearly = (np.full((6, 8), code, np.uint8) for code in (16, 19))
    found = compare([(Shown(black, STEP), Shown(nearly, STEP))], 8)
    assert (found.changed, found.unlike) == (1, 0)


def test_equal_pictures_have_no_psnr() -> None:
    assert luma_psnr(0, 8) is None
    assert luma_psnr(255**2, 8) == 0
