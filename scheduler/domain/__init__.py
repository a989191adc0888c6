"""Frozen, checked values that the services pass among themselves."""
