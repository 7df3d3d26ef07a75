"""A network on the CPU that is asked about several pictures at once.

Threads that share a picture wait for each other after each of its layers, on cores that
decoder and encoder need. So each picture has a thread of its own, and its answer is the
same on any number of cores: nobody else takes part in its sums.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from vidcolor.thread import work_alone
from vidcolor_models.answer import Answer

MOST = 8  # pictures at once: each takes memory of its own


class SideBySide:
    """A network that is asked, and answers, as it is without this."""

    def __init__(self, network: Callable[[Tensor], Answer]) -> None:
        self.threads = min(torch.get_num_threads(), MOST)
        self._network = network
        self._pool = ThreadPoolExecutor(self.threads, "network", initializer=work_alone)

    def __call__(self, pictures: Tensor) -> Answer:
        """Return what the network answers for pictures (N, 1, H, W)."""
        answers = list(self._pool.map(self._ask, torch.split(pictures, 1)))
        return Answer(*(torch.cat(parts) for parts in zip(*answers, strict=True)))

    @torch.inference_mode()
    def _ask(self, picture: Tensor) -> Answer:
        return self._network(picture)
