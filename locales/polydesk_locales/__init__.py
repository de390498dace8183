"""Catalogues of core's words, `<language>/LC_MESSAGES/polydesk.po`; a package so that the wheel carries them."""
