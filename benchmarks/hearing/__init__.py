"""How well the detector of tones hears."""
