import pytest

from vidcolor.yuv import Matrix, YuvFormat


def yuv(depth: int = 8, full: bool = False, x: int = 1, y: int = 1) -> YuvFormat:
    return YuvFormat(depth, full, Matrix.BT709, x, y)


@pytest.mark.parametrize(
    ("depth", "black", "white", "low", "high"),
    [(8, 16, 235, 16, 240), (10, 64, 940, 64, 960), (12, 256, 3760, 256, 3840)],
)  # ITU-T H.273, equations for limited range
def test_limited_range_is_that_of_the_standard(
    depth: int, black: int, white: int, low: int, high: int
) -> None:
    form = yuv(depth)
    assert (form.black, form.black + form.luma_span) == (black, white)
    assert form.neutral - form.chroma_span // 2 == low
    assert form.neutral + form.chroma_span // 2 == high


@pytest.mark.parametrize("depth", [8, 10, 12, 16])
def test_full_range_uses_every_code(depth: int) -> None:
    form = yuv(depth, full=True)
    assert form.black == 0
    assert form.luma_span == form.chroma_span == 2**depth - 1


@pytest.mark.parametrize("matrix", Matrix)
def test_a_matrix_leaves_most_of_luma_to_green(matrix: Matrix) -> None:
    red, blue = matrix.value
    assert 1 - red - blue > 0.5


@pytest.mark.parametrize(
    ("x", "y", "shape"),
    [(1, 1, (4, 5)), (1, 0, (7, 5)), (0, 0, (7, 9)), (2, 0, (7, 3)), (0, 1, (4, 9))],
)
def test_odd_sizes_round_up(x: int, y: int, shape: tuple[int, int]) -> None:
    assert yuv(x=x, y=y).chroma_shape(7, 9) == shape
