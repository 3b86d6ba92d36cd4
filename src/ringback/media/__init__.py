"""The port to the media workers: commands go out, facts come in, and no packet is ever seen here."""
