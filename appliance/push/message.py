"""Messages as push services take them: encrypted for one browser (RFC 8291), signed by the station (RFC 8292)."""

import base64
import json
import time
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from py_vapid import Vapid02

from appliance.push import words
from appliance.push.settings import RING, Device, First, News

SIGNED_S = 12 * 3600  # RFC 8292 §2: 24 h at most; a clock may be wrong by as much
RING_S = 30  # a ring that comes later helps nobody
END_S = 3600  # its end replaces it on a phone that was away meanwhile, and says what was missed
PADDED = 768  # bytes: the length of a message says nothing


class Signer:
    """Signs for push services. Raises ValueError for a damaged key."""

    def __init__(self, of: First) -> None:
        key = load_pem_private_key(of.key.encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("it is no key of an elliptic curve")  # noqa: TRY004 - the file is wrong, not the program
        self._vapid, self._contact = Vapid02(key), of.contact

    def sign(self, endpoint: str) -> str:
        """The header Authorization for the service of that address."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(time.time()) + SIGNED_S,
            "sub": self._contact,
        }
        return str(self._vapid.sign(claims)["Authorization"])


def headers(news: News, signed: str) -> dict[str, str]:
    """The headers of a message: a later one of the same ring replaces it where it still waits (RFC 8030 §5.4)."""
    rings = news.kind == RING
    return {
        "Authorization": signed,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(RING_S if rings else END_S),
        "Topic": news.ring[-32:],  # at most 32 letters of base64url
        "Urgency": "high" if rings else "normal",
    }


def encrypted(device: Device, station: str, news: News) -> bytes:
    """The body of a message. Raises ValueError for keys that are not valid."""
    text = json.dumps(
        {
            "ring": news.ring,
            "kind": news.kind,
            "at": round(news.at * 1000),
            "title": words.title(station, news),
            "body": words.body(news, device.language),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return bytes(
        http_ece.encrypt(
            text.encode().ljust(PADDED),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=_bytes(device.p256dh),
            auth_secret=_bytes(device.auth),
            version="aes128gcm",
        )
    )


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
