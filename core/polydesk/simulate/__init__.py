"""A demo desk comes to life: people who do not exist write, read what agents answer, and answer back."""
