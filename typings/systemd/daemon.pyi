"""The part of systemd-python that we use."""

def notify(
    status: str,
    unset_environment: bool = False,
    pid: int = 0,
    fds: list[int] | None = None,  # noqa: FBT001, FBT002
) -> bool: ...
