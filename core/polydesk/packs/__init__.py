"""A client's or market's configuration as readable files: read, compared, applied, taken back, copied."""
