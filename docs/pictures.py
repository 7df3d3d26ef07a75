"""Make the README's pictures again: python docs/pictures.py

The photographs come with scikit-image: free of rights (NASA, CC0), and not chosen for
how well they turn out; none of them took part in training.
"""

from pathlib import Path

import cv2
import numpy as np
import skimage.data

from vidcolor.colorizer import Colorizer
from vidcolor.preview import write_sheet
from vidcolor.sheet import Pair, contact_sheet

FOLDER = Path(__file__).parent / "pictures"
NAMES = ["astronaut", "chelsea", "coffee", "rocket", "camera", "brick"]


def main() -> None:
    """Write docs/pictures/stills.jpg: grey above colour."""
    colorizer = Colorizer()
    pairs = []
    for name in NAMES:
        picture = getattr(skimage.data, name)()
        colored = picture.ndim == 3
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if colored else picture
        square = np.ascontiguousarray(_square(grey))
        shown = np.repeat(square[..., None], 3, axis=2)
        pairs.append(Pair(name, shown, colorizer.colorize_image(square)))
    FOLDER.mkdir(exist_ok=True)
    write_sheet(FOLDER / "stills.jpg", contact_sheet(pairs, columns=6, cell=220))


def _square(grey: np.ndarray) -> np.ndarray:
    side = min(grey.shape)
    top, left = (grey.shape[0] - side) // 2, (grey.shape[1] - side) // 2
    return grey[top : top + side, left : left + side]


if __name__ == "__main__":
    main()
