"""Alerts as messages of the Common Alerting Protocol 1.2 (OASIS), going out and coming in."""
