"""Download published files: resumable, verified, recorded in a lock file."""
