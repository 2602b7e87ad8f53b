"""The client of an MQTT broker: events and states go out, orders come in. A process of its own, where configured."""
