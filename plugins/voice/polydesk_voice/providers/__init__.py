"""Those who carry the sound, each behind the same few words."""
