"""Answers and events in words for a terminal."""

from typing import Any

Json = dict[str, Any]


def state(answer: Json) -> str:
    """The whole station."""
    station = answer["appliance"]
    lines = [f"{station['station']}: {station['status']}", f"  SIP       {station['address'] or 'not ready'}"]
    lines += [f"  account   {account['name']}  {account['summary']}" for account in answer["accounts"]]
    lines += [f"  call      {call['id']}  {call['state']}  {call['summary']}" for call in answer["calls"]]
    lines += [f"  door      {door['id']}  {_lock(door)}" for door in answer["doors"]]
    lines += [f"  failed    {part['part']}: {part['why']}" for part in station["failed"]]
    return "\n".join(lines)


def _lock(door: Json) -> str:
    if door["unlocked"]:
        return f"unlocked until {door['until']}, by {door['by']}"
    return "locked" if door["available"] else "not available"


def accounts(answer: Json) -> str:
    """Accounts at registrars."""
    rows = [f"{account['name']}  {account['summary']}" for account in answer["accounts"]]
    return "\n".join(rows) or "No accounts."


def panel(answer: Json) -> str:
    """Buttons and lamps."""
    lines = [f"picture   {answer['picture']}"]
    lines += [f"button    {b['id']}  {b['action']}  {'down' if b['down'] else 'up'}" for b in answer["buttons"]]
    lines += [f"lamp      {lamp['id']}  {lamp['pattern']}" for lamp in answer["lamps"]]
    return "\n".join(lines)


def recordings(answer: Json) -> str:
    """A page of recordings."""
    rows = [f"{r['id']}  {r['started']}  {r['duration_s']:7.1f} s  {r['remote']}" for r in answer["recordings"]]
    return "\n".join(rows) or "No recordings."


def event(envelope: Json) -> str:
    """An event in one line."""
    told = " ".join(f"{name}={value}" for name, value in envelope["data"].items() if value is not None and value != "")
    call = f"  {envelope['call']}" if envelope["call"] else ""
    return f"{envelope['time']}  {envelope['id']}  {envelope['type']}{call}  {told}".rstrip()


def done(answer: Json) -> str:
    """An order that was carried out."""
    return answer.get("warning") or answer.get("id") or "Done."
