"""Download of published files: complete, verified, resumable."""
