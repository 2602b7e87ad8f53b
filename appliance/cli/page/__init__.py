"""The command that shows where the station's page is, also as a QR code."""
