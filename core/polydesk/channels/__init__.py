"""Channel accounts: the mailboxes, numbers and pages the desk answers on, and whoever listens to them."""
