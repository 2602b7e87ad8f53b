"""Access: codes, cards, keypads, digits in calls, and lockouts."""
