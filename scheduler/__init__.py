"""cuofeng: scheduler."""
