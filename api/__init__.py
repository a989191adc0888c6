"""cuofeng: api."""
