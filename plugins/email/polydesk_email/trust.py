"""What our own mail server found out about the sender (RFC 8601). Everyone else's word is ignored: it can be forged."""

from __future__ import annotations

import re

from polydesk_email.headers import Headers

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"(?:^|;)\s*(spf|dkim|dmarc|arc)\s*=\s*([a-z]+)", re.IGNORECASE)
_MAX = 8_000


def results(headers: Headers, trusted: str) -> dict[str, str]:
    """`{"dmarc": "pass", "spf": …, "dkim": …, "by": our server}`; {} when our server said nothing or none is trusted.

    Only the top-most field of our server counts: one further down came with the mail.
    """
    wanted = trusted.strip().lower()
    if not wanted:
        return {}
    for value in headers.all("authentication-results"):
        said = _COMMENT.sub(" ", value[:_MAX])
        server, _, rest = said.partition(";")
        name = server.split()[0].lower() if server.split() else ""
        if name != wanted:
            continue
        found: dict[str, str] = {}
        for method, result in _RESULT.findall(rest):
            key, outcome = method.lower(), result.lower()
            if found.get(key) != "pass":  # one passing signature is enough
                found[key] = outcome
        return {**found, "by": wanted}
    return {}
