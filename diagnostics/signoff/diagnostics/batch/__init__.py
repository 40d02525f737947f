"""Many samples of a dataset verified and repaired, on this machine or on a Ray cluster: see drive.py."""
