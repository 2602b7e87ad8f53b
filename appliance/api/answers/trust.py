"""The page that leads through trusting the station's authority, and the files that it gives. It has no script.

Someone who opens it does not trust the station yet, so it needs no token, and says how to compare the fingerprint.
"""

import base64
import hashlib
import json
import ssl
from html import escape

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from appliance.api.answers.site import FILES

PAGE, CERTIFICATE, PROFILE = "/trust", "/trust.crt", "/trust.mobileconfig"
FIRST = "en"  # for people who read none of the others
STEPS = ("android", "ios", "windows", "macos", "firefox")
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="style.css">
<link rel="stylesheet" href="plain.css">
</head>
<body class="plain reference">
<header><h1>{title}</h1></header>
<main>
<section><p>{why}</p><p>{compare}</p><p><small id="fingerprint">{fingerprint}</small></p>
<nav><ul><li><a id="certificate" href="trust.crt">{file}</a></li>
<li><a id="profile" href="trust.mobileconfig">{profile}</a></li></ul></nav></section>
{steps}
<section><p>{done}</p><nav><ul><li><a href="./">{open}</a></li></ul></nav><p>{remove}</p></section>
</main>
</body>
</html>
"""
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>intercomd.{uuid}</string>
<key>PayloadUUID</key><string>{uuid}</string>
<key>PayloadDisplayName</key><string>intercomd</string>
<key>PayloadContent</key><array><dict>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>intercomd.{uuid}.authority</string>
<key>PayloadUUID</key><string>{inner}</string>
<key>PayloadDisplayName</key><string>intercomd</string>
<key>PayloadContent</key><data>{content}</data>
</dict></array>
</dict></plist>
"""


def answer(request: Request, path: str, authority: str) -> Response:
    """Answer with the page or a file. authority: its certificate in PEM; empty where the station has none."""
    if not authority:
        raise HTTPException(404)
    der = ssl.PEM_cert_to_DER_cert(authority)
    if path == CERTIFICATE:
        headers = {"Content-Disposition": 'attachment; filename="intercomd.crt"'}
        return Response(authority, media_type="application/x-x509-ca-cert", headers=headers)
    if path == PROFILE:
        headers = {"Content-Disposition": 'attachment; filename="intercomd.mobileconfig"'}
        return Response(profile(der), media_type="application/x-apple-aspen-config", headers=headers)
    text = page(der, request.headers.get("accept-language", ""))
    return Response(text, media_type="text/html", headers={"Vary": "Accept-Language"})


def page(der: bytes, wished: str) -> str:
    """The page in the first language of an Accept-Language that there is."""
    every = json.loads((FILES / "trust.json").read_text(encoding="utf-8"))
    asked = (each.partition(";")[0].strip().partition("-")[0].lower() for each in wished.split(","))
    language = next((each for each in asked if each in every), FIRST)
    texts = every[language]
    steps = "\n".join(
        f"<section><h2>{escape(texts[name]['title'])}</h2><ol>"
        + "".join(f"<li>{escape(step)}</li>" for step in texts[name]["steps"])
        + "</ol></section>"
        for name in STEPS
    )
    plain = {name: escape(text) for name, text in texts.items() if isinstance(text, str)}
    shown = hashlib.sha256(der).digest().hex(":").upper()
    return _PAGE.format(language=language, fingerprint=shown, steps=steps, **plain)


def profile(der: bytes) -> str:
    """The authority as a configuration profile of Apple's.

    Its ids follow from the authority, so a second installation replaces the first.
    """
    digest = hashlib.sha256(der).hexdigest().upper()
    outer, inner = (
        "-".join((part[:8], part[8:12], part[12:16], part[16:20], part[20:])) for part in (digest[:32], digest[32:])
    )
    return _PROFILE.format(uuid=outer, inner=inner, content=base64.b64encode(der).decode())
