"""Everything between HTTP and the services: pages, forms, guards, errors."""
