"""From mouth to ear: how long sound takes through a call, on cards whose times are known to the sample."""
