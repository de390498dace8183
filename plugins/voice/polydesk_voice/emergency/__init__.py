"""Calls sent elsewhere at once, and back."""
