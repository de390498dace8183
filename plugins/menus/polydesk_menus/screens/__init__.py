"""What admins see of menus."""
