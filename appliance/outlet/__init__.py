"""The process that publishes events and states at an MQTT broker: a client of the daemon, run only where configured."""
