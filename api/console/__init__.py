"""The read-only page: the schedule in force, the roads by load, an enterprise's own sheet."""
