"""cuofeng: solver."""
