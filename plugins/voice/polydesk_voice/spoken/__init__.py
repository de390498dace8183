"""What callers hear: words, in their language, with a recording where there is one."""
