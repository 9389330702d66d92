"""What a run costs in jobs, hours and disk space, before it starts."""
