"""The boards on which buttons and lamps must do the same; each is a parameter of the fixture `board`."""

from gpiozero import DigitalInputDevice

from appliance.panel.lines import lines


class SimulatedBoard:
    """gpiozero's mock pins, moved and read behind the back of what has them."""

    def __init__(self):
        self.factory = lines("simulated")
        self.factory.reset()  # 1.6.2 has one set of pins for all factories

    def drive(self, pin, high):
        """As the wiring moves a line: from outside."""
        if high:
            self.factory.pin(pin).drive_high()
        else:
            self.factory.pin(pin).drive_low()

    def level(self, pin):
        return bool(self.factory.pin(pin).state)

    def hold(self, pin):
        """Another user of the line, until its `close`."""
        return DigitalInputDevice(pin, pin_factory=self.factory)

    def close(self):
        self.factory.close()
        self.factory.reset()


BOARDS = {"simulated": SimulatedBoard}
