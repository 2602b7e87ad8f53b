"""Contacts on input lines: buttons and sensors."""
