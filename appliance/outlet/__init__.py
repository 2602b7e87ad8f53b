"""Events and states go out by MQTT and webhooks, orders come in. A process of its own, where one is configured."""
