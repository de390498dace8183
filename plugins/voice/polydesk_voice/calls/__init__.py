"""What a call is and what becomes of it, whoever carries its sound."""
