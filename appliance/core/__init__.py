"""The rules of the product, pure: `step` takes the state and an input and gives the next state, orders and events."""
