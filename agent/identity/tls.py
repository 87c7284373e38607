"""TLS towards a broker: our files, its certificate, and whose clock judges it.

The chain and the name are always checked. OpenSSL knows the kernel's clock only; where that is not to be believed, times are
judged here, by `standing`.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from agent.identity.words import TlsFault, refused, unverified

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which Python has no name for

Judge = Callable[[datetime, datetime], str]  # from when, until when -> why it is not believed, or ""


class TlsContext(ssl.SSLContext):
    """What one connection is made with. `fault` is what the broker said of us, if it said something."""

    judge: Judge | None = None  # none: OpenSSL judges times by the kernel's clock
    fault: str = ""


class _Socket(ssl.SSLSocket):
    """A socket that keeps why it failed: whoever reads from it only tells that it did."""

    context: TlsContext

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
            if self.context.judge is not None:
                self._believe(self.context.judge)
        except ssl.SSLCertVerificationError as error:
            self.close()  # nobody else does
            raise TlsFault(unverified(error.verify_code, error.verify_message, self.server_hostname or "")) from None
        except ssl.SSLError as error:
            self.close()
            raise TlsFault(refused(error.reason)) from None
        except TimeoutError:
            self.close()
            raise TimeoutError("the broker does not answer the handshake") from None
        except ConnectionError:
            self.close()
            raise TlsFault(refused("UNEXPECTED_EOF_WHILE_READING")) from None
        except OSError:
            self.close()
            raise

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            return super().recv(buflen, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self.context.fault = refused(error.reason)
            raise

    def send(self, data: Any, flags: int = 0) -> int:
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:  # the broker has hung up, and what it said before that waits to be read
            with contextlib.suppress(OSError, ValueError):
                self.recv(1)
            raise

    def _believe(self, judge: Judge) -> None:
        said: Any = self.getpeercert()
        why = judge(_moment(said["notBefore"]), _moment(said["notAfter"]))
        if why:
            raise TlsFault(why)


def context(
    ca: Path, certificate: Path | None, key: Path | None, judge: Judge | None = None, crl: Path | None = None
) -> TlsContext:
    """Make a context of files, as they are now; without a certificate we have no identity. TlsFault names the file.

    With `crl` a broker whose certificate is on it is not believed, nor one of whose authority it is no list.
    """
    made = TlsContext(ssl.PROTOCOL_TLS_CLIENT)  # which checks chain and name
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.sslsocket_class = _Socket
    made.judge = judge
    if judge is not None:
        made.verify_flags |= _NO_CHECK_TIME
    try:
        made.load_verify_locations(ca)
    except ssl.SSLError:
        raise TlsFault(f"{ca}: expected the certificate of an authority (PEM), found something else") from None
    except OSError as error:
        raise TlsFault(_unreadable(ca, error)) from None
    if crl is not None:
        _take_revoked(made, crl)
    if certificate is not None:
        _load(made, certificate, key or certificate)
    return made


def _take_revoked(made: ssl.SSLContext, crl: Path) -> None:
    wrong = f"{crl}: expected a list of revoked certificates (PEM), found something else"
    try:
        made.load_verify_locations(crl)
    except ssl.SSLError:
        raise TlsFault(wrong) from None
    except OSError as error:
        raise TlsFault(_unreadable(crl, error)) from None
    if not made.cert_store_stats()["crl"]:
        raise TlsFault(wrong)
    made.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def _load(made: ssl.SSLContext, certificate: Path, key: Path) -> None:
    for path in dict.fromkeys((certificate, key)):
        try:
            path.open("rb").close()  # or nobody knows which of the two cannot be read
        except OSError as error:
            raise TlsFault(_unreadable(path, error)) from None
    try:
        made.load_cert_chain(certificate, key, password=_no_passphrase(key))
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsFault(f"the key in {key} is not that of the certificate in {certificate}") from None
        raise TlsFault(
            f"{certificate}, {key}: expected a certificate and its key (PEM), found something else"
        ) from None


def _no_passphrase(key: Path) -> Callable[[], str]:
    def refuse() -> NoReturn:  # without this OpenSSL would ask at a terminal, and wait
        raise TlsFault(f"{key}: expected a key without a passphrase")

    return refuse


def _unreadable(path: Path, error: OSError) -> str:
    return f"{path}: {(error.strerror or str(error)).lower()}"


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
