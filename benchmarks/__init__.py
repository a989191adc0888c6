"""Measured, never asserted: how well and fast instances are solved and networks are read."""
