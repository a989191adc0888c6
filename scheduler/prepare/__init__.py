"""Checked rows become a solver instance."""
