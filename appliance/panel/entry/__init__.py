"""Keypads and card readers: matrix, Wiegand, USB."""
