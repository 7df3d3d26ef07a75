"""PyTorch's threads: those that have nothing to do sleep.

Between two operations that share a tensor, OpenMP's threads spin for about a
millisecond, lest they have to be woken. In a pipeline of small operations they would
do so most of the time, on cores that the network and the encoder need.
"""

import os


def let_threads_sleep() -> None:
    """Have waiting threads sleep, unless the environment says otherwise.

    To be called before PyTorch is imported, for OpenMP looks only once.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
