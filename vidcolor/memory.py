"""What the stages remember of a shot: with it, work goes on in the midst of one.

All frames of a shot so far have a part in the colours of the next one. What is left of
them at a frame travels with it, and can be kept. What rests on the last few frames
alone is not here: whoever goes on looks at these again.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

Sum = NDArray[np.float32]  # h, w, 3: a and b times their weight, and the weight


@dataclass(frozen=True, slots=True)
class Memory:
    """What is left at a frame of those before it in its shot."""

    frames: int = 0  # that the shot has had so far
    # Brightness and contrast that were taken out of the frame before.
    gain: float = 1.0
    offset: float = 0.0
    past: Sum | None = None  # the colours so far, where they are in the frame before
    # The chroma that the frames so far had, as said by the network and as answered.
    said: float = 0.0
    answered: float = 0.0

    def pack(self) -> bytes:
        """Return it as bytes, exactly."""
        values = [self.gain, self.offset, self.said, self.answered]
        arrays = {"frames": np.array(self.frames), "values": np.array(values)}
        return save(arrays if self.past is None else {**arrays, "past": self.past})

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """Return what was packed."""
        arrays = load(packed)
        gain, offset, said, answered = arrays["values"].tolist()
        past = arrays.get("past")
        return cls(int(arrays["frames"]), gain, offset, past, said, answered)


NOTHING = Memory()  # where a shot starts
