"""Sound cards: their list, the kernel's reports about them, and their mixers."""
