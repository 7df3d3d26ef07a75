"""A result held against its source: what is equal, what is not, and by how much."""
