"""Accounts in the configuration file, and the files of their passwords."""

import errno
import os
import pwd
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
import tomli

from appliance.base.errors import IntercomError
from appliance.config import certificates, directory, files, secrets
from appliance.config.core_settings import core_settings
from appliance.config.load import check, load
from appliance.config.schema.addresses import registrar
from appliance.config.secrets import passwords
from appliance.core.model import AccountSettings, Announcement, Announcements, Target
from appliance.doctor import configuration

ROOT = Path(__file__).parents[2]
OFFICE = '[account.office]\nuser = "201"\nregistrar = "{registrar}"\npassword_file = "{file}"\n'


def config(registrar="pbx.example", file="/x", more=""):
    return check(tomli.loads(OFFICE.format(registrar=registrar, file=file) + more), "x.toml")


def test_the_core_learns_of_accounts_and_of_targets_that_are_numbers():
    told = core_settings(
        config(
            "sip:PBX.example:5080",
            more='callers = "anyone"\nrefresh_s = 20\ntransport = "tcp"\n'
            '[target.desk]\nuri = "301"\naccount = "office"\n'
            '[target.far]\nuri = "sip:bob@example.org"\naccount = "office"\n',
        )
    )
    assert told.accounts == (
        AccountSettings(
            "office", "201", "pbx.example", "PBX.example:5080", transport="tcp", refresh_s=20, callers="anyone"
        ),
    )
    assert told.targets == (
        Target("desk", "sip:301@pbx.example", account="office"),
        Target("far", "sip:bob@example.org", account="office"),
    )
    assert told.accounts[0].announcements == Announcements()
    assert core_settings(config("192.0.2.5", more='domain = "pbx.example"')).accounts[0].domain == "pbx.example"


def test_an_account_has_its_own_announcements_of_recordings_or_those_of_all_calls():
    for own, announcements in (
        ("", (Announcement.TEXT, Announcement.SOUND)),
        ('announce_incoming = "none"\n', (Announcement.NONE, Announcement.SOUND)),
        ('announce_outgoing = "tone"\n', (Announcement.TEXT, Announcement.TONE)),
    ):
        more = f'{own}[recording]\nannounce_incoming = "text"\nannounce_outgoing = "sound"\n'
        assert core_settings(config(more=more)).accounts[0].announcements == Announcements(*announcements)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("pbx.example", "pbx.example", 0),
        ("sip:pbx.example:5080", "pbx.example", 5080),
        ("192.0.2.5:1", "192.0.2.5", 1),
        ("[2001:DB8::5]", "[2001:db8::5]", 0),
        ("sip:[::1]:5061", "[::1]", 5061),
    ],
)
def test_a_registrar_is_a_host_and_a_port(text, host, port):
    assert registrar(text) == (host, port)


ERRORS = [
    *(
        (
            OFFICE.format(registrar=text, file="/x"),
            f'account.office.registrar = "{text}": must be an address such as "pbx.example" or "sip:192.0.2.5:5080"',
        )
        for text in (
            "",
            "pbx example",
            "sip:",
            "sip:201@pbx.example",
            "pbx:0",
            "pbx:65536",
            "tls:pbx",
            "-pbx",
            "[::1",
            "[1::2::3]",
            "[1.2]",
        )
    ),
    (
        "[account.office]\nuser = '201'\npassword_file = '/x'",
        "account.office.registrar: is missing; it must be an address such as",
    ),
    ("[account.office]\npassword = '1'", "account.office.password: no such setting; did you mean password_file?"),
    (
        OFFICE.format(registrar="pbx", file="etc/x"),
        'account.office.password_file = "etc/x": must be an absolute path, or the name of a credential',
    ),
    ("[tls]\nca_file = 'ca.pem'", 'tls.ca_file = "ca.pem": must be an absolute path'),
    (
        "[sip]\nice = true\nstun_server = 'stun.example'\naddress = '2001:db8::7'",
        "sip.stun_server: has no effect: it is for IPv4, and sip.address is 2001:db8::7",
    ),
    ("[sip]\nice = true\nturn_server = 'turn.example'\nturn_user = 'door'", "sip.turn_password_file: is missing"),
    ("[sip]\nice = true\nturn_server = 'turn.example'\nturn_password_file = '/x'", "sip.turn_user: is missing"),
    ("[sip]\nturn_user = 'door'", "sip.turn_user: has no effect without sip.turn_server"),
    *(
        (f"[sip]\nice = true\nstun_server = '{text}'", f'sip.stun_server = "{text}": must be a name')
        for text in ("stun.example:0", "stun.example:70000", "[2001:db8::1]", "sip:stun.example", "a b")
    ),
    ("[tls]\nkey_file = '/k'", "tls.certificate_file: is missing: tls.key_file has no effect without it"),
    ("[tls]\ncertificate_file = '/c'", "tls.key_file: is missing: tls.certificate_file has no effect without it"),
    (
        "[target.k]\nuri = 'sip:k@x'\nwatch = 'subscribe'",
        "target.k.watch: subscribe needs an account, because its server reports the state; or use options",
    ),
    (
        OFFICE.format(registrar="pbx", file="/x") + "[target.k]\nuri = '3'\naccount = 'office'\npassword_file = '/k'",
        "target.k.password_file: has no effect: the account's registrar identifies the caller",
    ),
    (
        OFFICE.format(registrar="pbx", file="/x") + "[target.k]\nuri = '3'\naccount = 'office'\nsrtp = 'optional'",
        "target.k.srtp: has no effect: set account.office.srtp",
    ),
    ("[target.k]\nuri = 'sip:k@x'\nsrtp = 'yes'", 'target.k.srtp = "yes": must be'),
    ("[sip]\nrtp_ports = '10000-10100'", 'sip.rtp_ports = "10000-10100": must be a range of at least 200 ports'),
    ("[sip]\nrtp_ports = '900-5000'", "sip.rtp_ports"),
    ("[sip]\nrtp_ports = '60000-65536'", "sip.rtp_ports"),
    ("[sip]\nrtp_ports = '10000'", "sip.rtp_ports"),
    (
        "[target.k]\nuri = 'sip:192.0.2.8'\npassword_file = '/k'",
        "target.k.uri: needs a user, as in sip:kitchen@192.0.2.8: the user name for the password",
    ),
    (
        "[target.k]\nuri = 'sip:a@x'\npassword_file = '/k'\n[target.l]\nuri = 'sip:a@y'\npassword_file = '/l'",
        "target.l.uri: has the same user as target.k, which has a password as well",
    ),
    ("[target.k]\nuri = '301'\naccount = 'office'", "target.k.account: there is no [account.office]; add that table"),
    ("[target.k]\nuri = '301'", 'target.k.uri = "301": must be a SIP address such as'),
    (
        OFFICE.format(registrar="pbx", file="/x") + "[target.k]\nuri = '3 1'\naccount = 'office'",
        'target.k.uri = "3 1": must be a SIP address such as',
    ),
]


@pytest.mark.parametrize(("text", "sentence"), ERRORS, ids=[row[1][:60] for row in ERRORS])
def test_an_error_is_reported_in_a_sentence(text, sentence):
    with pytest.raises(IntercomError) as caught:
        check(tomli.loads(text), "x.toml")
    assert any(line.startswith(f"x.toml: {sentence}") for line in caught.value.message.split("\n")), caught.value
    assert "'1'" not in str(caught.value)


def written(path, text, mode=0o600):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


@pytest.mark.parametrize("text", ["secret", "secret\n", "secret\r\n"])
def test_the_password_is_what_the_file_holds(tmp_path, text):
    path = written(tmp_path / "pw", text)
    assert passwords(config(file=path), "x.toml") == {"account.office": "secret"}


def test_a_target_has_one_too_if_it_wants(tmp_path):
    assert passwords(target_with(written(tmp_path / "pw", "12345678")), "x") == {"target.k": "12345678"}


def test_a_target_s_password_of_seven_characters_is_refused_and_the_setting_named(tmp_path):
    with pytest.raises(IntercomError) as caught:
        passwords(target_with(written(tmp_path / "pw", "päss wo\n")), "x.toml")
    assert caught.value.message.startswith("x.toml: target.k.password_file: the password in ")
    assert "7 characters and could be guessed; at least 8" in caught.value.cause
    assert "päss" not in str(caught.value)


def target_with(file):
    tables = f"[target.k]\nuri = 'sip:k@x'\npassword_file = '{file}'\n[target.l]\nuri = 'sip:l@x'"
    return check(tomli.loads(tables), "x")


def test_the_secret_of_a_webhook_is_one_or_two_of_standard_webhooks(tmp_path):
    def found(text):
        table = f"[webhook.house]\nurl = 'https://h/'\nsecret_file = '{written(tmp_path / 'pw', text)}'"
        return passwords(check(tomli.loads(table), "x"), "x.toml")

    right = f"whsec_{'A' * 32}"
    assert found(f"{right}\n") == {"webhook.house": right}
    assert found(f"{right} {right}") == {"webhook.house": f"{right} {right}"}
    for wrong in ("A" * 32, "whsec_AAAA", f"whsec_{'A' * 400}", "whsec_päss", f"{right}  {right}", right * 2):
        with pytest.raises(IntercomError) as caught:
            found(wrong)
        assert caught.value.message.startswith("x.toml: webhook.house.secret_file: ")
        assert wrong not in str(caught.value)
    with pytest.raises(IntercomError, match="contains no secret of a webhook"):
        found(" ".join([right] * 3))


def test_spaces_belong_to_the_password(tmp_path):
    assert passwords(config(file=written(tmp_path / "pw", " päss word \n")), "x")["account.office"] == " päss word "


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n", "\r\n\r\n", "\n\r\n", "\r"])
def test_line_ends_after_a_password_are_none_of_it_however_many(tmp_path, end):
    file = written(tmp_path / "office", f"sécret {end}", 0o600)
    assert passwords(config(file=file), "x") == {"account.office": "sécret "}


def test_a_credential_of_systemd_is_found_by_its_name_whatever_its_mode(tmp_path, monkeypatch):
    written(tmp_path / "office", "secret", 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert passwords(config(file="office"), "x") == {"account.office": "secret"}


WRONG = [
    (None, "cannot be read. There is no such file. Write the password into it, then: chmod 0600"),
    (("secret", 0o640), "other users can read"),
    (("secret", 0o604), "Its mode is 0604. Let only the service's user read it: chmod 0600"),
    (("", 0o600), "contains no password"),
    (("secret\nsecret\n", 0o600), "one line of 1 to 256 characters"),
    (("\nsecret\n", 0o600), "one line of 1 to 256 characters"),
    (("\n\n", 0o600), "contains no password"),
    (("secret" + "\n" * 2000, 0o600), "contains no password"),
    (("secret" * 100, 0o600), "contains no password"),
    ((b"secret\xff", 0o600), "contains no password"),
]


@pytest.mark.parametrize(("made", "part"), WRONG, ids=[row[1][:40] for row in WRONG])
def test_a_file_that_does_not_do_is_reported_with_the_remedy_and_without_what_it_holds(tmp_path, made, part):
    path = tmp_path / "pw"
    if made:
        written(path, *made)
    with pytest.raises(IntercomError) as caught:
        passwords(config(file=path), "x.toml")
    said = str(caught.value)
    assert said.startswith("x.toml: account.office.password_file: ")
    assert str(path) in said
    assert part in said
    assert caught.value.resolution
    assert "secret" not in said


def test_a_directory_in_its_place_is_reported(tmp_path):
    with pytest.raises(IntercomError, match="cannot be read"):
        passwords(config(file=tmp_path), "x.toml")


def test_a_credential_that_systemd_does_not_pass_on_is_reported(monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(IntercomError) as caught:
        passwords(config(file="office.password"), "x.toml")
    assert "Add LoadCredential=office.password:" in caught.value.resolution


def test_a_credential_that_systemd_does_not_pass_on_is_reported_with_those_that_it_does(tmp_path, monkeypatch):
    written(tmp_path / "home.password", "secret", 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(IntercomError) as caught:
        passwords(config(file="office.password"), "x.toml", outside=True)
    assert (caught.value.cause, caught.value.resolution.partition(":")[0]) == (
        "systemd passed home.password.",
        "Add LoadCredential=office.password",
    )


def test_check_leaves_out_a_credential_which_systemd_passes_to_the_service_alone(tmp_path):
    """`intercomd --check && systemctl reload intercomd`, as the guides have it."""
    (tmp_path / "x.toml").write_text(OFFICE.format(registrar="pbx", file="office.password"))
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "--check", "--config", tmp_path / "x.toml"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "CREDENTIALS_DIRECTORY"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Note: account.office.password_file: The credential office.password was not looked at" in done.stdout


@pytest.mark.parametrize(("service", "cause"), [(0, "The service's user may not"), (1, "You may not")])
def test_who_may_not_read_a_file_is_the_services_user_or_the_person_at_the_terminal(monkeypatch, service, cause):
    user = pwd.struct_passwd(("intercomd", "x", os.geteuid() + service, 0, "", "/", "/bin/false"))
    monkeypatch.setattr(pwd, "getpwnam", lambda _: user)
    for unreadable in (secrets.unreadable, certificates.unreadable):
        error = unreadable(Path("pw"), PermissionError(errno.EACCES, "Permission denied"))
        assert error.cause.startswith(cause)
        assert (error.resolution == "Use sudo.") == bool(service)


@pytest.mark.parametrize("file", ["/home/pi/file", "/tmp/file"])  # which ProtectHome= and PrivateTmp= hide
@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "denied"), FileNotFoundError(errno.ENOENT, "none")])
def test_the_service_says_that_its_unit_hides_a_file(monkeypatch, file, error):
    """Another owner would not help, and the file that is there is not missing. As in --check and the doctor."""
    user = pwd.struct_passwd(("intercomd", "x", os.geteuid(), 0, "", "/", "/bin/false"))
    monkeypatch.setattr(pwd, "getpwnam", lambda _: user)
    monkeypatch.setattr(files, "read", Mock(side_effect=error))
    config = check({"directory": {"file": file}}, "test")
    for fails in (
        lambda: load(Path(file)),
        lambda: directory.read(config),
        lambda: raises(secrets.unreadable(Path(file), error)),
        lambda: raises(certificates.unreadable(Path(file), error)),
    ):
        with pytest.raises(IntercomError) as found:
            fails()
        assert (found.value.cause, found.value.resolution) == files.UNSEEN
    (warned,) = configuration.hidden(config)
    assert (warned.cause, warned.resolution) == files.UNSEEN


def raises(error):
    raise error


def test_all_that_is_wrong_with_them_is_reported_at_once(tmp_path):
    more = OFFICE.replace("office", "home").format(registrar="pbx", file=tmp_path / "b")
    with pytest.raises(IntercomError) as caught:
        passwords(config(file=tmp_path / "a", more=more), "x.toml")
    assert [line.partition(".password_file")[0] for line in caught.value.message.split("\n")] == [
        "x.toml: account.office",
        "x.toml: account.home",
    ]


def test_a_file_of_another_user_is_reported(tmp_path):
    """In a process without the right to pass over file modes, which root has."""
    path = written(tmp_path / "pw", "secret", 0)
    tmp_path.chmod(0o755)
    program = f"""
import os
from pathlib import Path
from appliance.config.secrets import unreadable  # now: another user may not reach the checkout
if os.geteuid() == 0:
    os.setgroups([])
    os.setuid(65534)
try:
    open("pw")
except OSError as error:
    print(unreadable(Path("{path}"), error))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "The service's user may not read it." in done.stdout, done.stderr


def test_check_reports_a_password_that_is_missing(tmp_path):
    (tmp_path / "x.toml").write_text(OFFICE.format(registrar="pbx", file=tmp_path / "pw"))
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "--check", "--config", tmp_path / "x.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("x.toml: account.office.password_file: ")
