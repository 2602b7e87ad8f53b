"""This machine's hardware: sound cards, GPIO chips with their lines, and its firmware."""
