from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vidcolor.memory import Memory, Sum

numbers = st.floats(allow_nan=False)
memories = st.builds(
    Memory,
    frames=st.integers(0, 1 << 40),
    gain=numbers,
    offset=numbers,
    said=numbers,
    answered=numbers,
)
sums = arrays(np.float32, st.tuples(*[st.integers(1, 5)] * 2, st.just(3)))


@given(memories)
def test_what_is_unpacked_is_what_was_packed(memory: Memory) -> None:
    assert Memory.unpack(memory.pack()) == memory


@given(memories, sums)
def test_colours_are_packed_bit_by_bit(memory: Memory, past: Sum) -> None:
    unpacked = Memory.unpack(replace(memory, past=past).pack())
    assert unpacked.past is not None
    assert unpacked.past.tobytes() == past.tobytes()
    assert replace(unpacked, past=None) == memory
