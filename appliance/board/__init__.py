"""What this machine has: sound cards, GPIO chips with their lines, and what its firmware says of itself."""
