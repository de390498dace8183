"""Themes: one folder each with `theme.css` and, if it likes, templates that replace core's and plugins'."""
