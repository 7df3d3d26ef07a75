import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.pool import Pool

CPU = torch.device("cpu")
SHAPES = [(30, 41), (25, 17), (9, 50), (48, 33)]


@pytest.fixture(scope="module")
def photos() -> list[Tensor]:
    """Four pictures of noise, no two of a shape."""
    random = Generator().manual_seed(3)
    return [
        torch.randint(256, (3, *shape), generator=random, dtype=torch.uint8)
        for shape in SHAPES
    ]


def test_pictures_come_out_as_they_went_in(photos: list[Tensor]) -> None:
    pool = Pool(photos, CPU)
    assert len(pool) == 4
    assert all(torch.equal(a, b) for a, b in zip(pool, photos, strict=True))
    assert pool.sizes.tolist() == [list(shape) for shape in SHAPES]


@pytest.mark.parametrize("size", [8, 13, 40])
def test_a_square_is_what_resizing_its_pixels_gives(
    photos: list[Tensor], size: int
) -> None:
    pool = Pool(photos, CPU)
    random = Generator().manual_seed(size)
    numbers = torch.tensor([3, 0, 1, 2, 3, 1])
    side = torch.tensor([33, 8, 17, 9, 20, 1])
    room = pool.sizes[numbers] - side[:, None] + 1
    corner = (torch.rand(6, 2, generator=random) * room).long()
    corner[0] = room[0] - 1  # up to the last byte of all
    mirror = torch.tensor([True, False, True, False, True, False])
    squares = pool.squares(numbers, corner, side, mirror, size)
    assert squares.shape == (6, 3, size, size)
    for square, number, (y, x), edge, turned in zip(
        squares, numbers, corner.tolist(), side.tolist(), mirror, strict=True
    ):
        cut = photos[number][:, y : y + edge, x : x + edge].float() / 255
        expected = F.interpolate(
            cut[None], (size, size), mode="bilinear", antialias=True
        )[0]
        torch.testing.assert_close(
            square, expected.flip(-1) if turned else expected, atol=1e-5, rtol=0
        )


def test_nothing_comes_from_beside_the_square() -> None:
    # White around a black square, and a white picture on either side.
    white = torch.full((3, 20, 20), 255, dtype=torch.uint8)
    framed = white.clone()
    framed[:, 5:12, 6:13] = 0
    pool = Pool([white, framed, white], CPU)
    squares = pool.squares(
        torch.tensor([1, 0]),
        torch.tensor([[5, 6], [0, 0]]),
        torch.tensor([7, 20]),
        torch.tensor([False, False]),
        16,
    )
    assert squares[0].abs().max() == 0
    torch.testing.assert_close(squares[1], torch.ones(3, 16, 16))
