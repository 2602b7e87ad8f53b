"""Contacts at input lines: buttons and sensors."""
