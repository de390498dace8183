"""Clients and markets as their admins set them up."""
