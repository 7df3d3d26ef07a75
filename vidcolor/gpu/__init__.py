"""The pipeline's work as a GPU does it: for CUDA, written in PyTorch."""
