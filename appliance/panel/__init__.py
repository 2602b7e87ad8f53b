"""The panel: buttons, lamps and the door relay with its guard."""
