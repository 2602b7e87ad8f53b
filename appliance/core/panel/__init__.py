"""The panel: presses of buttons, colors of lamps, and self-tests."""
