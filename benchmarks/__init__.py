"""Measured, never asserted: how well and how fast instances are solved on this machine."""
