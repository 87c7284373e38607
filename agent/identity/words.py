"""What goes wrong with TLS, in words that name the remedy. Pure."""

from __future__ import annotations

# By verify_code of OpenSSL (x509_vfy.h).
_VERIFY = {
    3: "the crl is no list of the authority that has signed the broker's certificate",
    8: "the crl is no list of the authority that has signed the broker's certificate",
    9: "the broker's certificate is not valid yet: is this board's clock right?",
    10: "the broker's certificate has ended: the broker needs a new one",
    11: "the crl is not valid yet: is this board's clock right?",
    12: "the crl has ended: fetch a new one from the authority",
    18: "the broker's certificate is signed by nobody but itself: expected one that the ca has signed",
    19: "the broker's certificate is signed by another authority than the ca",
    20: "the broker's certificate is signed by another authority than the ca",
    21: "the broker's certificate is signed by another authority than the ca",
    23: "the broker's certificate is revoked: the broker needs a new one",
    62: "the broker's certificate is for another name than {host}",
    64: "the broker's certificate is not for the address {host}",
}

# By reason of OpenSSL (sslerr.h): alerts are the broker's word about us.
_REASON = {
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "the broker refuses our certificate: it is revoked. Ask the authority for a new "
    "code, and: gadelys enrol request",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the broker refuses our certificate: it has ended. Ask the authority for a new "
    "code, and: gadelys enrol request",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the broker refuses our certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the broker refuses our certificate: it is not valid there, or not yet",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "the broker refuses our certificate: it is not one for clients",
    "TLSV1_ALERT_UNKNOWN_CA": "the broker refuses our certificate: it does not know who has signed it, or has no list of "
    "what that authority has revoked",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the broker wants a certificate of us, and there is none",
    "TLSV1_ALERT_DECRYPT_ERROR": "the broker refuses our certificate: its signature is wrong",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the broker speaks no TLS 1.2 or later",
    "UNSUPPORTED_PROTOCOL": "the broker speaks no TLS 1.2 or later",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the broker refuses the handshake: no common cipher, or it wants a certificate of us",
    "WRONG_VERSION_NUMBER": "the broker speaks no TLS on this port (the port of TLS is 8883, as a rule)",
    "UNEXPECTED_EOF_WHILE_READING": "the broker ended the connection while TLS began: does it speak TLS on this port?",
}


class TlsFault(OSError):
    """TLS cannot be had, by our files or by the broker's. The text says why and, where it is known, what helps."""


def unverified(code: int, message: str, host: str) -> str:
    """Return why the broker's certificate was not believed."""
    return _VERIFY.get(code, f"the broker's certificate is not believed: {message}").format(host=host)


def refused(reason: str | None) -> str:
    """Return why a handshake, or the connection after it, failed."""
    name = reason or "unknown"
    return _REASON.get(name, f"TLS failed: {name.lower().replace('_', ' ')}")
