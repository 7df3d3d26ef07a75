"""Training of the still-image networks: run from a checkout, not in the wheel."""
