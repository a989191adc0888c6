"""Records that nobody can change unseen: canonical form, digests and an append-only log."""
