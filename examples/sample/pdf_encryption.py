"""A password-protected PDF: standard security handler, revision 2, 40-bit RC4.

The oldest scheme is enough: readers only have to find out that a password is asked for.
PDF Reference 1.4, section 3.5.2, algorithms 3.1 to 3.4.
"""

from __future__ import annotations

import hashlib

PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
USER_PASSWORD = b"not known to the crawler"
OWNER_PASSWORD = b"nor to anybody else"
FILE_IDENTIFIER = b"sample-crawl-pdf"
PERMISSIONS = -4


def rc4(key: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt `data` with the RC4 stream cipher."""
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    output = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        output.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(output)


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _padded(password: bytes) -> bytes:
    return (password + PADDING)[:32]


def encrypted_pdf(text: bytes) -> bytes:
    """Return a one-page PDF that opens only with a password.

    Args:
        text: ASCII shown on the page, without parentheses or backslashes.
    """
    owner = rc4(_md5(_padded(OWNER_PASSWORD))[:5], _padded(USER_PASSWORD))
    permissions = (PERMISSIONS & 0xFFFFFFFF).to_bytes(4, "little")
    key = _md5(_padded(USER_PASSWORD) + owner + permissions + FILE_IDENTIFIER)[:5]
    user = rc4(key, PADDING)
    # Algorithm 3.1: the key of object 4, generation 0.
    body = rc4(
        _md5(key + b"\x04\x00\x00\x00\x00")[:10], b"BT /F1 10 Tf 60 760 Td (%b) Tj ET" % text
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(body), body),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Filter /Standard /V 1 /R 2 /O <%b> /U <%b> /P %d >>"
        % (owner.hex().encode(), user.hex().encode(), PERMISSIONS),
    ]
    output = bytearray(b"%PDF-1.4\n")
    entries = [b"0000000000 65535 f \n"]
    for number, content in enumerate(objects, 1):
        entries.append(b"%010d 00000 n \n" % len(output))
        output += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(output)
    identifier = FILE_IDENTIFIER.hex().encode()
    output += b"xref\n0 %d\n%b" % (len(entries), b"".join(entries))
    output += (
        b"trailer\n<< /Size %d /Root 1 0 R /Encrypt 6 0 R /ID [<%b> <%b>] >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (len(entries), identifier, identifier, start)
    )
    return bytes(output)
