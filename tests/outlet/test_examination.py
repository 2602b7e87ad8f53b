"""What an examination says of a broker: a sentence for each fault, and what to do. Brokers are real."""

import socket
import ssl
import subprocess

import pytest

from appliance.base.errors import sentences
from appliance.config.schema import Config
from appliance.doctor import broker as doctor
from appliance.outlet import faults, settings, trial
from tests.support.certificates import Authority
from tests.support.peers.mosquitto import DEVICE, Mosquitto
from tests.support.peers.odd_broker import OddBroker

pytestmark = pytest.mark.far_end
SECRET = "a long password"
WORKS = "ok: The broker "


def given(at, **more):
    """Settings for a broker, as the daemon gives them."""
    table = {"host": at.address, "port": at.port, "device": DEVICE, "tls": False, **more}
    return Config(mqtt=table).mqtt


def found(at, password="", **more):
    """The findings, each in a line."""
    line = settings.line(given(at, **more).model_dump(), password)
    of = settings.read(line)
    return [
        f"{each['level']}: {sentences(each['message'], each['cause'], each['resolution'])}"
        for each in trial.examine(of)
    ]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A broker with a password, and an access list that forgets the orders."""
    directory = tmp_path_factory.mktemp("guarded")
    (directory / "users").write_text("")
    for user in ("door", "half"):
        run_passwd(directory / "users", user)
    access = f"user door\ntopic readwrite intercomd/{DEVICE}/#\nuser half\ntopic write intercomd/{DEVICE}/event/#\n"
    (directory / "access").write_text(access)
    for name in ("users", "access"):
        (directory / name).chmod(0o600)
    lines = f"password_file {directory}/users", f"acl_file {directory}/access", "allow_anonymous false"
    with Mosquitto(directory, *lines) as broker:
        yield broker


def run_passwd(file, user):
    subprocess.run(["mosquitto_passwd", "-b", file, user, SECRET], check=True, capture_output=True)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    with Mosquitto(tmp_path_factory.mktemp("plain")) as broker:
        yield broker


def test_a_broker_that_works_is_named_with_its_version_and_delay(plain):
    (said,) = found(plain)
    assert said.startswith(WORKS)
    assert f"The broker {plain.address}:{plain.port} speaks MQTT 5 and brings a message back in " in said


def test_the_doctor_has_another_process_speak_with_it(plain, tmp_path):
    (tmp_path / "password").write_text(SECRET)
    (tmp_path / "password").chmod(0o600)
    config = Config(mqtt=given(plain).model_dump() | {"user": "door", "password_file": str(tmp_path / "password")})
    assert [(each.check, each.level) for each in doctor.examine(config)] == [("mqtt", "ok")]
    (tmp_path / "password").unlink()
    assert "There is no such file." in doctor.examine(config)[0].cause
    assert doctor.examine(Config()) == []


def test_an_unknown_password_is_named(guarded):
    (said,) = found(guarded, "another one", user="door")
    assert "refuses the station. It does not accept the user door: Not authorized." in said
    assert "mqtt.password_file" in said
    (said,) = found(guarded)
    assert "a client without a user name" in said


def test_a_gap_in_the_access_list_is_named_with_its_line(guarded):
    assert found(guarded, SECRET, user="door")[0].startswith(WORKS)
    (said,) = found(guarded, SECRET, user="half")
    assert "does not let the station use intercomd/front/command/doctor" in said
    assert "below user half: topic readwrite intercomd/front/#" in said


def test_nothing_that_listens_no_name_and_a_name_without_address_are_named(plain):
    closed = type("Closed", (), {"address": plain.address, "port": 1})
    assert "Nothing listens there." in found(closed)[0]
    nameless = type("Nameless", (), {"address": "broker.invalid", "port": 1883})
    assert "The name broker.invalid has no address." in found(nameless)[-1]


def test_a_connection_without_tls_to_another_machine_is_warned_of():
    far = type("Far", (), {"address": "broker.invalid", "port": 1883})
    assert found(far)[0].startswith("warning: The broker broker.invalid:1883 is used without TLS.")


def test_a_broker_without_tls_at_the_port_is_named(plain):
    assert "not speak TLS at this port." in found(plain, tls=True)[0]


def test_a_broker_that_knows_mqtt_3_1_1_only_works_with_a_warning():
    with OddBroker(newest=4) as broker:
        (said,) = found(broker)
    assert said.startswith("warning: ")
    assert "understands MQTT 3.1.1 only" in said
    assert broker.versions == [5, 4]


class Tls:
    """Brokers with certificates of an authority, which ask for one of the station."""

    def __init__(self, directory, house, name, *names, made_days_ago=1, asks=False):
        certificate, key = house.sign(name, "broker", *names, made_days_ago=made_days_ago)
        lines = [f"cafile {house.file}", f"certfile {certificate}", f"keyfile {key}", "allow_anonymous true"]
        self.broker = Mosquitto(directory, *lines, *(["require_certificate true"] if asks else []))

    def __enter__(self):
        self.broker.start()
        return self.broker

    def __exit__(self, *_):
        self.broker.stop()


def here(broker):
    return type("Here", (), {"address": broker.address, "port": broker.port})


def signed(tmp_path, house, *names, **more):
    made = Tls(tmp_path / "b", house, "broker", *(names or ("IP:127.0.0.1",)), **more)
    made.broker.address = "127.0.0.1"
    return made


def test_a_broker_with_a_certificate_of_the_named_authority_works(tmp_path, house):
    with signed(tmp_path, house) as broker:
        assert found(broker, tls=True, ca_file=str(house.file))[0].startswith(WORKS)
        assert "Another authority has signed it" in found(broker, tls=True)[0]


def test_a_certificate_for_another_name_is_named(tmp_path, house):
    with signed(tmp_path, house, "DNS:other.example") as broker:
        assert "It is not for 127.0.0.1" in found(broker, tls=True, ca_file=str(house.file))[0]


def test_a_certificate_that_has_expired_names_the_clock(tmp_path, house):
    with signed(tmp_path, house, made_days_ago=60) as broker:
        said = found(broker, tls=True, ca_file=str(house.file))[0]
    assert "It has expired." in said
    assert "the clock of this machine" in said


def test_a_station_without_the_certificate_that_the_broker_asks_for(tmp_path, house):
    own, key = house.sign("station", "front", "DNS:front")
    stranger, its = Authority(tmp_path / "stranger").sign("station", "front", "DNS:front")
    common = {"tls": True, "ca_file": str(house.file)}
    with signed(tmp_path, house, asks=True) as broker:
        assert "it asks for a certificate of the station" in found(broker, **common)[0]
        assert found(broker, **common, certificate_file=own, key_file=key)[0].startswith(WORKS)
        said = found(broker, **common, certificate_file=stranger, key_file=its)[0]
        assert "does not accept the station's certificate" in said
        assert "Give files in PEM form" in found(broker, **common, certificate_file=own, key_file="/none")[0]


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (9, "certificate is not yet valid", "Set the clock of this machine, which may be slow."),
        (92, "CA cert does not include key usage extension", "keyUsage = critical, keyCertSign, cRLSign"),
        (26, "unsupported certificate purpose", "Check the certificate of the broker."),
    ],
)
def test_what_python_and_openssl_say_of_a_certificate_is_explained(plain, code, said, expected):
    error = ssl.SSLCertVerificationError(said)
    error.verify_code, error.verify_message = code, said
    fault = faults.of_connecting(error, settings.read(settings.line(given(plain).model_dump(), "")))
    assert expected in fault.resolution


def test_a_broker_that_does_not_answer_is_named(plain):
    fault = faults.of_connecting(TimeoutError(), settings.read(settings.line(given(plain).model_dump(), "")))
    assert "Nobody answers." in fault.cause
    fault = faults.of_connecting(socket.gaierror(-2, "x"), settings.read(settings.line(given(plain).model_dump(), "")))
    assert "has no address" in fault.cause
