"""Servers by TLS for tests, whose handshake fails or which show a certificate of a test's choice."""

import socket
import ssl
import threading
from typing import Self


class TlsServer:
    """Makes handshakes at `address` and `port`, and says nothing.

    certificate: its file and that of its key; without one it answers each handshake by `text`, and closes the
    connection.
    clients: the file of the authority whose certificates clients must show; "": they show none.
    """

    def __init__(
        self, address: str, certificate: tuple[str, str] | None = None, clients: str = "", text: str = ""
    ) -> None:
        self.address, self.text = address, text
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*certificate)
            if clients:
                self._context.maximum_version = ssl.TLSVersion.TLSv1_2  # later ones refuse behind the handshake
                self._context.verify_mode = ssl.CERT_REQUIRED
                self._context.load_verify_locations(clients)

    def __enter__(self) -> Self:
        self._socket = socket.create_server((self.address, 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self._greet(connection)

    def _greet(self, connection: socket.socket) -> None:
        try:
            if self._context is None:
                connection.recv(4096)
                connection.sendall(self.text.encode())
                return
            with self._context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(4096)
        except OSError:  # the station does not accept our certificate
            return
