"""Events to receivers of webhooks: signed, in order, until each has them."""
