"""Colour black-and-white film, and leave all else as it was."""
