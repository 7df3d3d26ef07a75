"""A result beside the truth: what it scores shot by shot, and curves over time."""
