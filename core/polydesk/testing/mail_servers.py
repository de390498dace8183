"""A real Dovecot and a real Exim on free ports, for tests: mail is delivered, refused, bounced and fetched in earnest.

Exim takes mail by SMTP (with and without TLS, AUTH offered on both) and hands every local address to Dovecot by LMTP.
Both run in the foreground as children of the test, with all their files in one temporary folder.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DOMAIN = "polydesk.test"
PASSWORD = "correct horse"
TOKEN = "good-token"
_PROGRAMS = ("dovecot", "exim4")
_START_SECONDS = 15.0


class Missing(RuntimeError):
    """A program these servers need is not installed; the message names it."""


@dataclass
class MailServers:
    """The two servers, their ports, and the certificate both show (self-signed, for "localhost").

    Both take the password `PASSWORD` and the token `TOKEN`. Whose a token is, Dovecot asks on port `tokens`:
    a test that signs in by token answers there.
    """

    folder: Path
    users: tuple[str, ...]
    imap: int = 0
    imaps: int = 0
    lmtp: int = 0
    smtp: int = 0
    smtps: int = 0
    tokens: int = 0
    certificate: str = ""
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        """Start both and wait until they answer."""
        self.imap, self.imaps, self.lmtp, self.smtp, self.smtps, self.tokens = _free_ports(6)
        self.certificate = _certificate(self.folder)
        self.start_dovecot()
        self.start_exim()

    def start_dovecot(self) -> None:
        """Start Dovecot alone (again, on the same ports and mail)."""
        config = self.folder / "dovecot.conf"
        config.write_text(_dovecot(self))
        users = "".join(f"{user}@{DOMAIN}:{{PLAIN}}{PASSWORD}\n" for user in self.users)
        (self.folder / "users").write_text(users)
        (self.folder / "oauth2.conf").write_text(
            f"introspection_mode = auth\nintrospection_url = http://127.0.0.1:{self.tokens}/whose\n"
            "username_attribute = email\nusername_format = %u\nactive_attribute = active\nactive_value = yes\n"
        )
        self._run("dovecot", ["-F", "-c", str(config)], self.imap, self.lmtp)

    def start_exim(self) -> None:
        """Start Exim alone."""
        config = self.folder / "exim.conf"
        config.write_text(_exim(self))
        config.chmod(0o644)
        self._run("exim4", ["-C", str(config), "-bdf", "-q1s"], self.smtp)

    def stop(self) -> None:
        """Stop both and everything they started."""
        for name in list(self._running):
            self.stop_one(name)

    def stop_one(self, name: str) -> None:
        """Stop "dovecot" or "exim4"."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def renumber(self, user: str) -> None:
        """Give a mailbox a new UIDVALIDITY, as after a restored backup."""
        for index in (self.folder / "mail" / f"{user}@{DOMAIN}").glob("**/dovecot*"):
            if index.is_file():
                index.unlink()
        time.sleep(1.1)  # Dovecot takes the clock's seconds for the new number

    def address(self, user: str) -> str:
        """A user's mail address."""
        return f"{user}@{DOMAIN}"

    def _run(self, name: str, arguments: list[str], *ports: int) -> None:
        log = (self.folder / f"{name}.out").open("ab")
        with log:
            process = subprocess.Popen(
                [_program(name) or name, *arguments],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._running[name] = process
        deadline = time.monotonic() + _START_SECONDS
        for port in ports:
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{name} did not start:\n{(self.folder / f'{name}.out').read_text()[-2000:]}")
                time.sleep(0.05)


def missing() -> list[str]:
    """Programs that are not installed."""
    return [name for name in _PROGRAMS if _program(name) is None]


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextlib.contextmanager
def running(*users: str) -> Iterator[MailServers]:
    """Both servers with these users, stopped and removed at the end."""
    if lacking := missing():
        raise Missing(f"not installed: {', '.join(lacking)}")
    folder = Path(tempfile.mkdtemp(prefix="polydesk-mail-"))
    folder.chmod(0o755)
    for name, mode in (("mail", 0o777), ("spool", 0o777), ("run", 0o755)):
        (folder / name).mkdir()
        (folder / name).chmod(mode)
    servers = MailServers(folder, users)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _dovecot(servers: MailServers) -> str:
    folder = servers.folder
    owner = pwd.getpwuid(os.getuid()).pw_name
    worker = "nobody" if os.getuid() == 0 else owner  # Dovecot never reads mail as root
    plain = "" if os.getuid() == 0 else f"default_internal_user = {owner}\ndefault_login_user = {owner}\n"
    return f"""
base_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
{plain}
mail_location = maildir:{folder}/mail/%u
mail_uid = {worker}
mail_gid = {_group(worker)}
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
maildir_very_dirty_syncs = no
mailbox_idle_check_interval = 1 s
mail_max_userip_connections = 100
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={worker} gid={_group(worker)} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {servers.imap}
  }}
  inet_listener imaps {{
    port = {servers.imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {servers.lmtp}
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""


def _exim(servers: MailServers) -> str:
    folder = servers.folder
    owner = "Debian-exim" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name  # Exim never delivers as root
    return f"""
primary_hostname = mx.{DOMAIN}
domainlist local_domains = {DOMAIN}
exim_user = {owner}
exim_group = {_group(owner)}
spool_directory = {folder}/spool
log_file_path = {folder}/spool/exim-%slog
pid_file_path = {folder}/spool/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {servers.smtp} : {servers.smtps}
tls_on_connect_ports = {servers.smtps}
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
acl_smtp_rcpt = rcpt
acl_smtp_mail = accept
acl_smtp_data = accept
message_size_limit = 80M
keep_environment =
host_lookup =
rfc1413_hosts =
rfc1413_query_timeout = 0s
smtp_accept_max = 0
smtp_accept_queue_per_connection = 0
queue_run_max = 5
smtputf8_advertise_hosts = *
bounce_return_size_limit = 10M
add_environment = PATH=/bin:/usr/bin

begin acl
rcpt:
  deny local_parts = refused
       message = this mailbox takes no mail
  defer local_parts = later
       message = try again later
  accept

begin routers
local:
  driver = accept
  domains = +local_domains
  transport = dovecot
elsewhere:
  driver = redirect
  data = :fail: nothing is sent anywhere else

begin transports
dovecot:
  driver = smtp
  protocol = lmtp
  hosts = 127.0.0.1
  port = {servers.lmtp}
  allow_localhost
  hosts_try_chunking =
  delivery_date_add
  envelope_to_add
  return_path_add
  hosts_override

begin retry
*  *  F,1m,1s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{{PASSWORD}}}}}
  server_set_id = $auth2
xoauth2:
  driver = plaintext
  public_name = XOAUTH2
  server_prompts = :
  server_condition = ${{if match{{$auth1}}{{Bearer {TOKEN}}}}}
  server_set_id = token
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = "Username:: : Password::"
  server_condition = ${{if eq{{$auth2}}{{{PASSWORD}}}}}
  server_set_id = $auth1
"""


def _group(user: str) -> str:
    import grp

    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _certificate(folder: Path) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM).decode()
    (folder / "cert.pem").write_text(pem)
    (folder / "key.pem").write_bytes(  # both servers must read it, and it opens nothing else
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem
