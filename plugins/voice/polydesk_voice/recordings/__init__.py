"""Recordings: fetched, kept, found, listened to, erased."""
