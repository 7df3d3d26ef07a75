"""What can go wrong with a model for a reason that a person can act on.

ModelError
├── UnknownModelError   a name that is not in the registry, and no file either
├── WeightsError        a weights file that is missing, damaged or not what it should be
└── FetchError          a download that did not work
"""


class ModelError(Exception):
    """Base of all of them: the command line prints its message and exits with 1."""


class UnknownModelError(ModelError):
    """A name that is not in the registry, and no file either."""


class WeightsError(ModelError):
    """A weights file that is missing, damaged or not what it should be."""


class FetchError(ModelError):
    """A download that did not work."""
