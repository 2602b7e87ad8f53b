"""The given certificate of HTTPS: whether it can be used, and its end."""

import datetime as dt
import time
from pathlib import Path

from appliance.base.errors import IntercomError
from appliance.config import certificates
from appliance.config.schema import Config
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem, warning

CHECK = "http.certificate_file"
SOON_S = 14 * 86400.0
RENEW = "Renew it; the station uses the new file from the next connection on."


def examine(config: Config) -> list[Finding]:
    """One finding where a certificate is given."""
    given = config.http.certificate_file
    if not given:
        return []
    try:
        certificates.pair(Path(given), Path(config.http.key_file))
        ends = certificates.facts(Path(given)).ends
    except IntercomError as error:
        return [problem(CHECK, f"{error.message}.", error.cause, error.resolution)]
    end = dt.datetime.fromtimestamp(ends, dt.UTC).isoformat().replace("+00:00", "Z")
    left = ends - time.time()
    if left <= 0:
        return [problem(CHECK, f"The certificate {given} expired at {end}.", "Clients refuse it.", RENEW)]
    if left <= SOON_S:
        return [warning(CHECK, f"The certificate {given} expires at {end}.", "Clients refuse it from then on.", RENEW)]
    return [ok(CHECK, f"The certificate {given} is valid until {end}.")]
