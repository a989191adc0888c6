"""Files handed in become checked rows, or a full list of their faults."""
