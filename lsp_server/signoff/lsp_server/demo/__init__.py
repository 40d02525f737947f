"""`signoff demo`: the real server, driven over pipes as an editor drives it."""
