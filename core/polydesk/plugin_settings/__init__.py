"""Settings of plugins: declared once as a typed structure, set per scope, inherited by whatever lies below."""
