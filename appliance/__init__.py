"""intercomd: a Raspberry Pi-class board as a SIP intercom or door phone."""

__version__ = "0.1.0"
