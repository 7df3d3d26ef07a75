"""What the command line exits with, besides 0."""

FAILED = 1  # a file, or all
WRONG_USAGE = 2
DAMAGED = 3  # written, but parts of the source could not be read
INTERRUPTED = 130  # as shells have it for SIGINT
